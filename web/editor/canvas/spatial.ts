// A spatial hash: which boxes are near a place, without looking at all of them.
import type { Bounds } from "./handle";

const CELL = 640;

/** Boxes by the cells that they lie in. */
export class SpatialHash {
  private readonly cells = new Map<number, Set<string>>();
  private readonly spans = new Map<string, Span>();

  /** Put a box in, or move it. */
  set(id: string, box: Bounds): void {
    const span = spanOf(box);
    const old = this.spans.get(id);
    if (old !== undefined) {
      if (old.x0 === span.x0 && old.y0 === span.y0 && old.x1 === span.x1 && old.y1 === span.y1) return;
      this.delete(id);
    }
    this.spans.set(id, span);
    for (const key of keysOf(span)) {
      const cell = this.cells.get(key);
      if (cell === undefined) this.cells.set(key, new Set([id]));
      else cell.add(id);
    }
  }

  delete(id: string): void {
    const span = this.spans.get(id);
    if (span === undefined) return;
    this.spans.delete(id);
    for (const key of keysOf(span)) {
      const cell = this.cells.get(key);
      cell?.delete(id);
      if (cell?.size === 0) this.cells.delete(key);
    }
  }

  clear(): void {
    this.cells.clear();
    this.spans.clear();
  }

  /** The ids whose cells touch a box: candidates, to be compared exactly. */
  near(box: Bounds): Set<string> {
    const found = new Set<string>();
    const span = spanOf(box);
    if ((span.x1 - span.x0 + 1) * (span.y1 - span.y0 + 1) > this.cells.size)
      return new Set(this.spans.keys());
    for (const key of keysOf(span)) for (const id of this.cells.get(key) ?? []) found.add(id);
    return found;
  }
}

interface Span {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

function spanOf({ x, y, width, height }: Bounds): Span {
  return {
    x0: Math.floor(x / CELL),
    y0: Math.floor(y / CELL),
    x1: Math.floor((x + width) / CELL),
    y1: Math.floor((y + height) / CELL),
  };
}

function* keysOf({ x0, y0, x1, y1 }: Span): Generator<number> {
  for (let cx = x0; cx <= x1; cx++) for (let cy = y0; cy <= y1; cy++) yield cx * 2_000_003 + cy;
}

/** Whether two boxes overlap. */
export function overlaps(a: Bounds, b: Bounds): boolean {
  return a.x < b.x + b.width && a.x + a.width > b.x && a.y < b.y + b.height && a.y + a.height > b.y;
}

/** Whether a point is in a box, grown by a margin. */
export function contains(box: Bounds, x: number, y: number, margin = 0): boolean {
  return (
    x >= box.x - margin &&
    x <= box.x + box.width + margin &&
    y >= box.y - margin &&
    y <= box.y + box.height + margin
  );
}

/** The smallest box around boxes, or undefined if there are none. */
export function union(boxes: Iterable<Bounds>): Bounds | undefined {
  let [x0, y0, x1, y1] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const { x, y, width, height } of boxes) {
    x0 = Math.min(x0, x);
    y0 = Math.min(y0, y);
    x1 = Math.max(x1, x + width);
    y1 = Math.max(y1, y + height);
  }
  return x0 === Number.POSITIVE_INFINITY ? undefined : { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}
