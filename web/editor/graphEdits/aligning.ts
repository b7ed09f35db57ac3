// Where boxes go when they are aligned or spread evenly.
import type { NodeId, Point } from "@/document/types";
import type { Box } from "./groups";

export type Alignment = "left" | "centre" | "right" | "top" | "middle" | "bottom";
export type Spread = "across" | "down";

/** Places that put all boxes onto one line. */
export function aligned(boxes: ReadonlyMap<NodeId, Box>, to: Alignment): Map<NodeId, Point> {
  const all = [...boxes.values()];
  const left = Math.min(...all.map((box) => box.x));
  const right = Math.max(...all.map((box) => box.x + box.width));
  const top = Math.min(...all.map((box) => box.y));
  const bottom = Math.max(...all.map((box) => box.y + box.height));
  const place = ({ x, y, width, height }: Box): Point => {
    switch (to) {
      case "left":
        return [left, y];
      case "centre":
        return [(left + right - width) / 2, y];
      case "right":
        return [right - width, y];
      case "top":
        return [x, top];
      case "middle":
        return [x, (top + bottom - height) / 2];
      case "bottom":
        return [x, bottom - height];
    }
  };
  return new Map([...boxes].map(([id, box]) => [id, place(box)]));
}

/** Places with the same gap between neighbours; the first and the last stay. */
export function spread(boxes: ReadonlyMap<NodeId, Box>, way: Spread): Map<NodeId, Point> {
  const [start, size] = way === "across" ? (["x", "width"] as const) : (["y", "height"] as const);
  const sorted = [...boxes].sort(([, a], [, b]) => a[start] - b[start]);
  const [first, last] = [sorted[0]?.[1], sorted.at(-1)?.[1]];
  if (first === undefined || last === undefined || sorted.length < 3)
    return new Map([...boxes].map(([id, { x, y }]) => [id, [x, y]]));
  const taken = sorted.reduce((sum, [, box]) => sum + box[size], 0);
  const gap = (last[start] + last[size] - first[start] - taken) / (sorted.length - 1);
  let at = first[start];
  return new Map(
    sorted.map(([id, box]) => {
      const place: Point = way === "across" ? [at, box.y] : [box.x, at];
      at += box[size] + gap;
      return [id, place];
    }),
  );
}
