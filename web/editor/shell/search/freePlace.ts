// Where a node goes that is added without a pointer.
import type { Bounds } from "@/canvas/handle";
import type { Point } from "@/document/types";

/** The room that a new node is given, whatever its type. */
export const ROOM = { width: 252, height: 300 };
const GAP = 48;

/** A place where the left top corner of a node covers nothing: to the right of a box, or of whatever is in the way. */
export function freePlace(boxes: readonly Bounds[], beside: Bounds | undefined, otherwise: Point): Point {
  let [x, y] = beside === undefined ? otherwise : [beside.x + beside.width + GAP, beside.y];
  const covers = (box: Bounds) =>
    x < box.x + box.width && box.x < x + ROOM.width && y < box.y + box.height && box.y < y + ROOM.height;
  for (let box = boxes.find(covers); box !== undefined; box = boxes.find(covers)) x = box.x + box.width + GAP;
  return [x, y];
}
