// Goes from node to node with the keyboard: the nearest one in a direction.
import type { NodeId } from "@/document/types";
import type { Bounds } from "./handle";

export type Direction = "left" | "right" | "up" | "down";

export interface Box {
  readonly id: NodeId;
  readonly bounds: Bounds;
}

/** Going aside counts so many times as far as going ahead. */
const ASIDE = 2.2;

/** The nearest box in a direction; the first of all if there is none to start from. */
export function neighbour(
  boxes: readonly Box[],
  from: NodeId | undefined,
  direction: Direction,
): NodeId | undefined {
  const start = boxes.find((each) => each.id === from);
  if (start === undefined)
    return [...boxes].sort((a, b) => a.bounds.x - b.bounds.x || a.bounds.y - b.bounds.y)[0]?.id;
  const [sx, sy] = middle(start.bounds);
  let best: NodeId | undefined;
  let nearest = Number.POSITIVE_INFINITY;
  for (const { id, bounds } of boxes) {
    const [x, y] = middle(bounds);
    const [dx, dy] = [x - sx, y - sy];
    const ahead = { left: -dx, right: dx, up: -dy, down: dy }[direction];
    const aside = direction === "left" || direction === "right" ? Math.abs(dy) : Math.abs(dx);
    const distance = ahead + ASIDE * aside;
    if (id !== from && ahead > 1 && distance < nearest) [best, nearest] = [id, distance];
  }
  return best;
}

function middle({ x, y, width, height }: Bounds): [number, number] {
  return [x + width / 2, y + height / 2];
}
