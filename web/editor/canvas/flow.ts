// Data on its way: the links into nodes that run, with dashes that move along them.
import type { WireKey } from "@/document/graphIndex";
import type { Point } from "@/document/types";
import type { RunState } from "@/run/store";
import { trace } from "./links";
import type { Look } from "./look";
import type { Scene, SceneWire } from "./scene";
import { overlaps } from "./spatial";

const FRAME_MS = 1000 / 24;
const DASH: readonly number[] = [7, 15];
const LENGTH = 22;
/** World units a second. */
const SPEED = 66;
const NONE: ReadonlySet<WireKey> = new Set();

/** The links that data goes through now: those into the nodes that run, while a job does. */
export function flowing(scene: Scene, { job, nodes }: Pick<RunState, "job" | "nodes">): ReadonlySet<WireKey> {
  if (job?.status !== "running") return NONE;
  const found = new Set<WireKey>();
  for (const [key, { wire }] of scene.wires) if (nodes[wire.to]?.status === "running") found.add(key);
  return found;
}

/** Draw the dashes where they are at a time. The context is already in world units. */
export function paintFlow(context: CanvasRenderingContext2D, look: Look, now: number): void {
  const { palette, style, zoom } = look;
  context.lineCap = "round";
  context.lineWidth = Math.max(palette.metrics.link, 1 / zoom);
  context.strokeStyle = palette.get("--flow");
  context.setLineDash([...DASH]);
  context.lineDashOffset = -((now / 1000) * SPEED) % LENGTH;
  for (const wire of drawnWires(look)) {
    context.beginPath();
    trace(context, wire.points as Point[], style);
    context.stroke();
  }
  context.setLineDash([]);
}

function drawnWires({ scene, flowing: keys, style, shown }: Look): SceneWire[] {
  if (style === "hidden") return [];
  return [...keys].flatMap((key) => {
    const wire = scene.wires.get(key);
    return wire === undefined || wire.isHidden || !overlaps(wire.box, shown) ? [] : [wire];
  });
}

/** Draws again and again, a few times a second, as long as it is told that something flows. */
export class FlowClock {
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param tick draws. */
  constructor(private readonly tick: () => void) {}

  /** Begin or stop. People who want no motion get none. */
  run(isFlowing: boolean): void {
    if (!isFlowing || isStill()) this.stop();
    else
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.tick();
      }, FRAME_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

/** Whether this person asked for less motion. */
export function isStill(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
