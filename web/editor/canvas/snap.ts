// Which sockets a dragged link may go to, and which one it snaps to.
import { accepts } from "@/catalogue/sockets";
import type { NodeId, Point } from "@/document/types";
import { bestInput, bestOutput } from "@/graphEdits/matching";
import { nodesNear, type SocketRef, socketsOf } from "./hit";
import type { Scene, SceneNode } from "./scene";
import { contains } from "./spatial";

export const SNAP_PX = 24;

/** Why a link cannot go somewhere. */
export type Refusal = "type" | "cycle" | "self" | "side";

/** Whether a link from one socket may end at another; undefined if it may. */
export function refusal(scene: Scene, from: SocketRef, to: SocketRef): Refusal | undefined {
  if (from.side === to.side) return "side";
  if (from.node === to.node) return "self";
  const [output, input] = from.side === "output" ? [from, to] : [to, from];
  if (!accepts(input.type, output.type)) return "type";
  return scene.index.wouldCycle(output.node, input.node) ? "cycle" : undefined;
}

/** The nodes that a link out of (or into) a node must not go to, because it would close a circle. Found once a drag. */
export function circular(scene: Scene, from: SocketRef): ReadonlySet<NodeId> {
  return from.side === "output" ? scene.index.upstream([from.node]) : scene.index.downstream([from.node]);
}

/** Whether a socket can take the link that is dragged; `closed` is what `circular` found. */
export function takes(from: SocketRef, to: SocketRef, closed: ReadonlySet<NodeId>): boolean {
  if (from.side === to.side || closed.has(to.node)) return false;
  return from.side === "output" ? accepts(to.type, from.type) : accepts(from.type, to.type);
}

export interface SnapTarget {
  readonly socket: SocketRef;
  readonly at: Point;
}

/** The nearest socket that takes the link within the reach; else, over a node, the first free one that does. */
export function snapTarget(
  scene: Scene,
  from: SocketRef,
  [x, y]: Point,
  zoom: number,
  closed: ReadonlySet<NodeId>,
): SnapTarget | undefined {
  const reach = SNAP_PX / zoom;
  const near = nodesNear(scene, x, y, reach);
  let best: SnapTarget | undefined;
  let nearest = reach;
  for (const node of near) {
    for (const each of socketsOf(node)) {
      const distance = Math.hypot(each.at[0] - x, each.at[1] - y);
      if (distance < nearest && takes(from, each.socket, closed)) [best, nearest] = [each, distance];
    }
  }
  if (best !== undefined) return best;
  const over = near.find((node) => contains(node, x, y));
  return over === undefined || closed.has(over.id) ? undefined : onBody(over, from);
}

function onBody(node: SceneNode, from: SocketRef): SnapTarget | undefined {
  const name = from.side === "output" ? bestInput(node.type, node.node, from.type)?.name : undefined;
  const slot = from.side === "input" ? bestOutput(node.type, from.type)?.slot : undefined;
  for (const each of socketsOf(node)) {
    if (each.socket.side === "input" && each.socket.name === name) return each;
    if (each.socket.side === "output" && each.socket.slot === slot) return each;
  }
  return undefined;
}
