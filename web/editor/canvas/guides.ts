// Alignment: what is dragged snaps to edges and middles of its neighbours, and lines show to which.
import type { Point } from "@/document/types";
import type { Bounds } from "./handle";

/** How near edges have to be, in pixels of the screen. */
export const ALIGN_PX = 4;
const OVERHANG = 16;

export interface Guide {
  readonly from: Point;
  readonly to: Point;
}

export interface Alignment {
  /** How far to move the box so that it is aligned. */
  readonly by: Point;
  readonly guides: readonly Guide[];
}

/** One way to align: so far along an axis, to that line of that neighbour. */
interface Match {
  readonly by: number;
  readonly at: number;
  readonly other: Bounds;
}

/** Where a box that is dragged is aligned with others, in each direction to the nearest of their edges and middles.
 *
 * @param reach how far it may be moved for that, in world units.
 */
export function alignment(box: Bounds, others: Iterable<Bounds>, reach: number): Alignment {
  const all = [...others];
  const across = nearest(linesOf(box.x, box.width), all, (each) => linesOf(each.x, each.width), reach);
  const down = nearest(linesOf(box.y, box.height), all, (each) => linesOf(each.y, each.height), reach);
  const by: Point = [across?.by ?? 0, down?.by ?? 0];
  const moved = { ...box, x: box.x + by[0], y: box.y + by[1] };
  return { by, guides: [...(across ? [upright(across, moved)] : []), ...(down ? [level(down, moved)] : [])] };
}

function linesOf(start: number, length: number): number[] {
  return [start, start + length / 2, start + length];
}

function nearest(
  own: readonly number[],
  others: readonly Bounds[],
  lines: (box: Bounds) => readonly number[],
  reach: number,
): Match | undefined {
  let best: Match | undefined;
  for (const other of others) {
    for (const at of lines(other)) {
      for (const line of own) {
        const by = at - line;
        if (Math.abs(by) <= reach && Math.abs(by) < Math.abs(best?.by ?? Number.POSITIVE_INFINITY))
          best = { by, at, other };
      }
    }
  }
  return best;
}

function upright({ at, other }: Match, box: Bounds): Guide {
  const [top, bottom] = [Math.min(box.y, other.y), Math.max(box.y + box.height, other.y + other.height)];
  return { from: [at, top - OVERHANG], to: [at, bottom + OVERHANG] };
}

function level({ at, other }: Match, box: Bounds): Guide {
  const [left, right] = [Math.min(box.x, other.x), Math.max(box.x + box.width, other.x + other.width)];
  return { from: [left - OVERHANG, at], to: [right + OVERHANG, at] };
}
