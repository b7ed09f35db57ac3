// The geometry of links: curves through their bends, where they are, how far a point is from them.
import type { Point } from "@/document/types";
import type { LinkStyle } from "@/ui/store";
import type { Bounds } from "./handle";

/** What a path is drawn with: a canvas, a Path2D, or a list in tests. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): void;
}

const LEAST_PULL = 36;
const MOST_PULL = 260;
const SAMPLES = 18;
const CORNER = 18;

/** How far the ends of a curve reach out to the side. */
export function pullOf(from: Point, to: Point): number {
  const dx = to[0] - from[0];
  const dy = Math.abs(to[1] - from[1]);
  const wanted = dx >= 0 ? dx / 2 : Math.min(-dx, 400) / 2 + dy / 6;
  return Math.min(MOST_PULL, Math.max(LEAST_PULL, wanted));
}

/** Draw a link along its points: output, bends, input. */
export function trace(pen: Pen, points: readonly Point[], style: LinkStyle): void {
  for (let at = 0; at + 1 < points.length; at++) {
    const from = points[at] as Point;
    const to = points[at + 1] as Point;
    pen.moveTo(from[0], from[1]);
    if (style === "straight") pen.lineTo(to[0], to[1]);
    else if (style === "orthogonal") traceSteps(pen, from, to);
    else {
      const pull = pullOf(from, to);
      pen.bezierCurveTo(from[0] + pull, from[1], to[0] - pull, to[1], to[0], to[1]);
    }
  }
}

function traceSteps(pen: Pen, from: Point, to: Point): void {
  for (const [x, y] of steps(from, to).slice(1)) pen.lineTo(x, y);
}

/** The corners of an orthogonal link. */
function steps(from: Point, to: Point): Point[] {
  if (to[0] - from[0] >= 2 * CORNER) {
    const middle = (from[0] + to[0]) / 2;
    return [from, [middle, from[1]], [middle, to[1]], to];
  }
  const half = (from[1] + to[1]) / 2;
  const [out, back] = [from[0] + CORNER, to[0] - CORNER];
  return [from, [out, from[1]], [out, half], [back, half], [back, to[1]], to];
}

/** Points along a link, close enough to measure distances. */
export function samplesOf(points: readonly Point[], style: LinkStyle): Point[] {
  const found: Point[] = [];
  for (let at = 0; at + 1 < points.length; at++) {
    const from = points[at] as Point;
    const to = points[at + 1] as Point;
    if (style === "straight") found.push(from, to);
    else if (style === "orthogonal") found.push(...steps(from, to));
    else for (let step = 0; step <= SAMPLES; step++) found.push(onCurve(from, to, step / SAMPLES));
  }
  return found;
}

/** A point on the curve between two points; share 0 is the first. */
export function onCurve(from: Point, to: Point, share: number): Point {
  const pull = pullOf(from, to);
  const rest = 1 - share;
  const a = rest * rest * rest;
  const b = 3 * rest * rest * share;
  const c = 3 * rest * share * share;
  const d = share * share * share;
  return [
    a * from[0] + b * (from[0] + pull) + c * (to[0] - pull) + d * to[0],
    a * from[1] + b * from[1] + c * to[1] + d * to[1],
  ];
}

/** The box that a link is drawn in. */
export function boxOf(points: readonly Point[]): Bounds {
  let [x0, y0, x1, y1] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (let at = 0; at + 1 < points.length; at++) {
    const from = points[at] as Point;
    const to = points[at + 1] as Point;
    const pull = pullOf(from, to);
    x0 = Math.min(x0, from[0], to[0] - pull);
    x1 = Math.max(x1, from[0] + pull, to[0]);
    y0 = Math.min(y0, from[1], to[1]);
    y1 = Math.max(y1, from[1], to[1]);
  }
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

/** How far a point is from a link, and after which bend (0: before the first) the nearest place is. */
export function distanceTo(
  points: readonly Point[],
  style: LinkStyle,
  x: number,
  y: number,
): { distance: number; segment: number } {
  let best = { distance: Number.POSITIVE_INFINITY, segment: 0 };
  for (let segment = 0; segment + 1 < points.length; segment++) {
    const samples = samplesOf(points.slice(segment, segment + 2), style);
    for (let at = 0; at + 1 < samples.length; at++) {
      const distance = toSegment(samples[at] as Point, samples[at + 1] as Point, x, y);
      if (distance < best.distance) best = { distance, segment };
    }
  }
  return best;
}

function toSegment([ax, ay]: Point, [bx, by]: Point, x: number, y: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}

/** Whether a line crosses a link. */
export function crosses(points: readonly Point[], style: LinkStyle, from: Point, to: Point): boolean {
  const samples = samplesOf(points, style);
  return samples.some((point, at) => at > 0 && segmentsCross(samples[at - 1] as Point, point, from, to));
}

function segmentsCross(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point) =>
    (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
  return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
}
