import { describe, expect, test } from "vitest";
import { centred, dragged, inside } from "./crop";
import { WHOLE, zoomedAt } from "./sight";
import { alphaOf, type MaskStep, NO_STEPS, nextSize, redoStep, undoStep, withStep } from "./strokes";

const stroke: MaskStep = { kind: "stroke", erases: false, size: 20, points: [[1, 2]] };

describe("the mask editor", () => {
  test("steps are undone and done again; a new step forgets what was undone", () => {
    const two = withStep(withStep(NO_STEPS, stroke), { kind: "invert" });
    const back = undoStep(two);
    expect(back.done).toEqual([stroke]);
    expect(redoStep(back)).toEqual(two);
    expect(withStep(back, { kind: "clear" }).undone).toEqual([]);
    expect(undoStep(NO_STEPS)).toEqual(NO_STEPS);
  });

  test("what is painted becomes transparent: the mask of a picture is one minus its alpha", () => {
    const mask = new Uint8ClampedArray([255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 64]);
    expect([...alphaOf(mask)].filter((_, at) => at % 4 === 3)).toEqual([0, 255, 191]);
  });

  test("the brush grows and shrinks in steps that fit its size, never below a pixel", () => {
    expect(nextSize(1, 1)).toBe(2);
    expect(nextSize(100, 1)).toBe(120);
    expect(nextSize(1, -1)).toBe(1);
    expect(nextSize(1000, 1)).toBe(1000);
  });
});

describe("looking nearer", () => {
  test("what is under the pointer stays there, and there are limits", () => {
    const near = zoomedAt(WHOLE, 4, [100, -50]);
    expect(near).toEqual({ x: -300, y: 150, z: 4 });
    expect(zoomedAt(near, 1 / 4, [100, -50])).toEqual(WHOLE);
    expect(zoomedAt(WHOLE, 1000).z).toBe(32);
    expect(zoomedAt(WHOLE, 0.001).z).toBe(0.25);
  });
});

describe("cropping", () => {
  const picture = { width: 200, height: 100 };

  test("an edge moves alone and stops at the picture's", () => {
    const start = { x: 50, y: 20, width: 100, height: 60 };
    expect(dragged(start, "e", [500, 0], picture)).toEqual({ x: 50, y: 20, width: 150, height: 60 });
    expect(dragged(start, "nw", [-500, -500], picture)).toEqual({ x: 0, y: 0, width: 150, height: 80 });
    expect(dragged(start, "w", [500, 0], picture).width).toBe(8);
  });

  test("a held shape stays", () => {
    const start = centred(picture, 1);
    expect(start).toEqual({ x: 50, y: 0, width: 100, height: 100 });
    const smaller = dragged(start, "se", [-40, -10], picture, 1);
    expect(smaller).toEqual({ x: 50, y: 0, width: 60, height: 60 });
    const larger = dragged(start, "se", [80, 80], picture, 1);
    expect(larger.width).toBe(larger.height);
    expect(larger.height).toBeLessThanOrEqual(100);
  });

  test("moving keeps the size and stays inside", () => {
    expect(dragged({ x: 0, y: 0, width: 50, height: 50 }, "move", [900, 20], picture)).toEqual({
      x: 150,
      y: 20,
      width: 50,
      height: 50,
    });
    expect(inside({ x: -5, y: 1.4, width: 900, height: 10 }, picture)).toEqual({
      x: 0,
      y: 1,
      width: 200,
      height: 10,
    });
  });
});
