// The map: where things are and what is in view.
import type { Point } from "@/document/types";
import type { RunState } from "@/run/store";
import type { Palette } from "@/theme/palette";
import type { Bounds } from "./handle";
import type { Scene } from "./scene";
import { union } from "./spatial";

export interface MapView {
  readonly scale: number;
  /** Map = world * scale + offset. */
  readonly offset: Point;
}

const PAD = 10;

/** How the world fits onto a map: everything there is, and what is in view. */
export function mapView(scene: Scene, shown: Bounds, width: number, height: number): MapView {
  const all =
    union([...scene.nodes.values(), ...scene.groups.values(), ...scene.notes.values(), shown]) ?? shown;
  const scale = Math.min((width - 2 * PAD) / all.width, (height - 2 * PAD) / all.height);
  return {
    scale,
    offset: [
      (width - all.width * scale) / 2 - all.x * scale,
      (height - all.height * scale) / 2 - all.y * scale,
    ],
  };
}

/** The place in the world under a place on the map. */
export function mapToWorld({ scale, offset }: MapView, [x, y]: Point): Point {
  return [(x - offset[0]) / scale, (y - offset[1]) / scale];
}

export interface MapLook {
  readonly palette: Palette;
  readonly run: RunState;
  /** Nodes that run pulse: now bright, now not. */
  readonly isBright: boolean;
}

/** Whether some node runs now. */
export function isRunning({ job, nodes }: RunState): boolean {
  return job?.status === "running" && Object.values(nodes).some((each) => each.status === "running");
}

/** Paint the map: nodes in the colour of what they give, errors red, what runs pulses. */
export function paintMap(
  context: CanvasRenderingContext2D,
  scene: Scene,
  shown: Bounds,
  view: MapView,
  { palette, run, isBright }: MapLook,
): void {
  const box = ({ x, y, width, height }: Bounds) =>
    [
      x * view.scale + view.offset[0],
      y * view.scale + view.offset[1],
      Math.max(2, width * view.scale),
      Math.max(2, height * view.scale),
    ] as const;
  context.globalAlpha = 0.25;
  context.fillStyle = palette.get("--group");
  for (const group of scene.groups.values()) context.fillRect(...box(group));
  context.globalAlpha = 0.9;
  for (const node of scene.nodes.values()) {
    const status = run.nodes[node.id]?.status;
    const isWrong = status === "failed" || (run.problems[node.id]?.length ?? 0) > 0;
    const first = node.shape.outputs[0]?.output.type;
    const own = first === undefined ? palette.get("--text-faint") : palette.socket(first);
    context.globalAlpha = status === "running" && !isBright ? 0.4 : 0.9;
    context.fillStyle = isWrong ? palette.get("--bad") : status === "running" ? palette.get("--weft") : own;
    context.fillRect(...box(node));
  }
  context.globalAlpha = 1;
  context.strokeStyle = palette.get("--text-colour");
  context.lineWidth = 1.25;
  context.strokeRect(...box(shown));
}
