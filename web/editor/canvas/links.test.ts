import { expect, test } from "vitest";
import type { Point } from "@/document/types";
import { boxOf, crosses, distanceTo, onCurve, samplesOf } from "./links";

const FROM: Point = [0, 0];
const TO: Point = [300, 120];

test("a curve begins and ends at its sockets", () => {
  expect(onCurve(FROM, TO, 0)).toEqual(FROM);
  expect(onCurve(FROM, TO, 1)).toEqual(TO);
});

test.each(["curve", "straight", "orthogonal"] as const)(
  "a %s link is hit where it is drawn and nowhere else",
  (style) => {
    const points: Point[] = [FROM, [140, -60], TO];
    for (const [x, y] of samplesOf(points, style))
      expect(distanceTo(points, style, x, y).distance).toBeLessThan(1);
    expect(distanceTo(points, style, 20, 300).distance).toBeGreaterThan(100);
  },
);

test("the nearest bend-to-bend part is known, so that a new bend comes to lie in it", () => {
  const points: Point[] = [FROM, [100, 0], [200, 0], TO];
  expect(distanceTo(points, "straight", 150, 3).segment).toBe(1);
});

test("a curve lies within its box", () => {
  for (const [from, to] of [
    [FROM, TO],
    [TO, FROM],
    [FROM, [-500, 20] as Point],
  ] as [Point, Point][]) {
    const box = boxOf([from, to]);
    for (const [x, y] of samplesOf([from, to], "curve")) {
      expect(x).toBeGreaterThanOrEqual(box.x - 1e-9);
      expect(x).toBeLessThanOrEqual(box.x + box.width + 1e-9);
      expect(y).toBeGreaterThanOrEqual(box.y - 1e-9);
      expect(y).toBeLessThanOrEqual(box.y + box.height + 1e-9);
    }
  }
});

test("the knife cuts what it crosses (checklist 23)", () => {
  expect(crosses([FROM, TO], "curve", [150, -200], [150, 300])).toBe(true);
  expect(crosses([FROM, TO], "curve", [150, 200], [150, 300])).toBe(false);
});
