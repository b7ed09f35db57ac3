// What is at a point of the canvas: sockets before nodes, nodes before links, links before groups.
import type { InputType, OutputType } from "@/catalogue/types";
import type { GroupId, NodeId, NoteId, Point } from "@/document/types";
import { HEAD } from "@/nodes/shape";
import type { LinkStyle } from "@/ui/store";
import { type ItemKey, nodeKey } from "@/view/store";
import { distanceTo } from "./links";
import type { Scene, SceneNode, SceneWire } from "./scene";
import { contains } from "./spatial";

/** One end that links can be dragged from and dropped on. */
export type SocketRef =
  | {
      readonly side: "input";
      readonly node: NodeId;
      readonly name: string;
      readonly type: string;
      readonly input: InputType;
    }
  | {
      readonly side: "output";
      readonly node: NodeId;
      readonly slot: number;
      readonly type: string;
      readonly output: OutputType;
    };

export type Hit =
  | { readonly kind: "socket"; readonly socket: SocketRef; readonly at: Point }
  | { readonly kind: "node"; readonly node: SceneNode; readonly part: "head" | "body" | "corner" }
  | { readonly kind: "point"; readonly wire: SceneWire; readonly index: number }
  | { readonly kind: "wire"; readonly wire: SceneWire; readonly segment: number }
  | { readonly kind: "note"; readonly id: NoteId; readonly part: "body" | "corner" }
  | { readonly kind: "group"; readonly id: GroupId; readonly part: "head" | "corner" }
  | { readonly kind: "empty" };

const SOCKET_PX = 11;
const WIRE_PX = 8;
const POINT_PX = 8;
const CORNER = 14;
const GROUP_HEAD = 30;
/** Below this zoom sockets are too small to be meant. */
export const SOCKET_ZOOM = 0.3;

export interface HitOptions {
  readonly zoom: number;
  readonly style: LinkStyle;
}

/** What is at a point. */
export function hitTest(scene: Scene, [x, y]: Point, options: HitOptions): Hit {
  const reach = SOCKET_PX / Math.min(1, options.zoom);
  const near = nodesNear(scene, x, y, reach);
  if (options.zoom >= SOCKET_ZOOM) {
    const socket = socketAt(near, x, y, reach);
    if (socket !== undefined) return socket;
  }
  const node = near.find((each) => contains(each, x, y));
  if (node !== undefined) return { kind: "node", node, part: partOf(node, x, y) };
  for (const note of scene.notes.values()) {
    if (contains(note, x, y))
      return { kind: "note", id: note.id, part: isCorner(note, x, y) ? "corner" : "body" };
  }
  return wireAt(scene, x, y, options) ?? groupAt(scene, x, y) ?? { kind: "empty" };
}

/** The nodes at a point, the topmost first. */
export function nodesNear(scene: Scene, x: number, y: number, margin: number): SceneNode[] {
  const found: SceneNode[] = [];
  for (const id of scene.grid.near({ x: x - margin, y: y - margin, width: 2 * margin, height: 2 * margin })) {
    const node = scene.nodes.get(id);
    if (node !== undefined && contains(node, x, y, margin)) found.push(node);
  }
  return found.sort((a, b) => b.rank - a.rank);
}

/** The key of what was hit. */
export function keyOf(hit: Exclude<Hit, { kind: "socket" | "empty" }>): ItemKey {
  switch (hit.kind) {
    case "node":
      return nodeKey(hit.node.id);
    case "wire":
      return `link:${hit.wire.key}`;
    case "point":
      return `point:${hit.wire.key}\n${hit.index}`;
    default:
      return `${hit.kind}:${hit.id}`;
  }
}

/** Every socket of a node with its place. */
export function* socketsOf(node: SceneNode): Generator<{ socket: SocketRef; at: Point }> {
  for (const { input, y } of node.shape.inputs) {
    const socket: SocketRef = { side: "input", node: node.id, name: input.name, type: input.type, input };
    yield { socket, at: [node.x, node.y + y] };
  }
  for (const { output, slot, y } of node.shape.outputs) {
    const socket: SocketRef = { side: "output", node: node.id, slot, type: output.type, output };
    yield { socket, at: [node.x + node.width, node.y + y] };
  }
}

function socketAt(nodes: readonly SceneNode[], x: number, y: number, reach: number): Hit | undefined {
  for (const node of nodes) {
    let best: { socket: SocketRef; at: Point } | undefined;
    let nearest = reach;
    for (const each of socketsOf(node)) {
      const distance = Math.hypot(x - each.at[0], y - each.at[1]);
      if (distance < nearest) [best, nearest] = [each, distance];
    }
    if (best !== undefined) return { kind: "socket", ...best };
    if (contains(node, x, y)) return undefined; // a node lies above the sockets of those below it
  }
  return undefined;
}

function partOf(node: SceneNode, x: number, y: number): "head" | "body" | "corner" {
  if (!node.shape.isCollapsed && isCorner(node, x, y)) return "corner";
  return y < node.y + HEAD ? "head" : "body";
}

function isCorner(
  box: { x: number; y: number; width: number; height: number },
  x: number,
  y: number,
): boolean {
  return x > box.x + box.width - CORNER && y > box.y + box.height - CORNER;
}

/** The link at a point, or one of its bends. */
export function wireAt(scene: Scene, x: number, y: number, { zoom, style }: HitOptions): Hit | undefined {
  if (style === "hidden") return undefined;
  const reach = WIRE_PX / zoom;
  let found: { wire: SceneWire; segment: number } | undefined;
  let nearest = reach;
  for (const wire of scene.wires.values()) {
    if (wire.isHidden || !contains(wire.box, x, y, reach)) continue;
    const bend = wire.points.findIndex(
      (point, at) =>
        at > 0 &&
        at < wire.points.length - 1 &&
        Math.hypot(point[0] - x, point[1] - y) < POINT_PX / Math.min(1, zoom),
    );
    if (bend > 0) return { kind: "point", wire, index: bend - 1 };
    const { distance, segment } = distanceTo(wire.points, style, x, y);
    if (distance < nearest) {
      found = { wire, segment };
      nearest = distance;
    }
  }
  return found === undefined ? undefined : { kind: "wire", ...found };
}

function groupAt(scene: Scene, x: number, y: number): Hit | undefined {
  for (const group of [...scene.groups.values()].reverse()) {
    if (!contains(group, x, y)) continue;
    if (isCorner(group, x, y)) return { kind: "group", id: group.id, part: "corner" };
    if (y < group.y + GROUP_HEAD) return { kind: "group", id: group.id, part: "head" };
  }
  return undefined;
}
