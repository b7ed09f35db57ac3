import { expect, test } from "vitest";
import { framing, MovingCamera } from "./camera";
import { edgePush } from "./pointer";
import { wheelMeans } from "./wheel";

test("what is at the pointer stays there, and zooming in and out again drifts nowhere (checklist 1)", () => {
  const camera = new MovingCamera(() => {});
  camera.set({ x: 13.3, y: -7.7, z: 0.9 });
  const [wx, wy] = camera.toWorld(400, 300);
  for (let turn = 0; turn < 7; turn++) camera.zoomAt(400, 300, 1.2);
  expect(camera.toWorld(400, 300)[0]).toBeCloseTo(wx, 6);
  expect(camera.toWorld(400, 300)[1]).toBeCloseTo(wy, 6);
  for (let turn = 0; turn < 7; turn++) camera.zoomAt(400, 300, 1 / 1.2);
  expect(Math.abs(camera.x - 13.3)).toBeLessThan(0.5);
  expect(Math.abs(camera.y + 7.7)).toBeLessThan(0.5);
});

test("framing shows everything in the middle, not closer than 100 % (checklist 3)", () => {
  const small = framing({ x: 100, y: 100, width: 50, height: 50 }, 1000, 800);
  expect(small).toEqual({ x: 375, y: 275, z: 1 });
  const large = framing({ x: 0, y: 0, width: 5000, height: 500 }, 1000, 800);
  expect(large.z).toBeCloseTo((1000 - 112) / 5000, 6);
});

test("the wheel of a mouse zooms, two fingers pan, a pinch zooms (checklist 1)", () => {
  const still = { deltaX: 0, deltaMode: 0, ctrlKey: false, metaKey: false, shiftKey: false };
  expect(wheelMeans({ ...still, deltaY: 100, wheelDeltaY: -120 }, "zoom").kind).toBe("zoom");
  expect(wheelMeans({ ...still, deltaY: 100, wheelDeltaY: -120 }, "pan")).toEqual({
    kind: "pan",
    dx: -0,
    dy: -100,
  });
  expect(wheelMeans({ ...still, deltaY: 7, wheelDeltaY: -21 }, "zoom").kind).toBe("pan");
  expect(wheelMeans({ ...still, deltaY: 7, wheelDeltaY: -21, ctrlKey: true }, "pan").kind).toBe("zoom");
});

test("a drag at the edge moves the view, elsewhere it does not (checklist 5)", () => {
  const rect = { left: 0, top: 0, right: 1000, bottom: 800 };
  expect(edgePush(rect, [500, 400])).toEqual([0, 0]);
  expect(edgePush(rect, [0, 400])[0]).toBeGreaterThan(0);
  expect(edgePush(rect, [1000, 800])[0]).toBeLessThan(0);
  expect(edgePush(rect, [1000, 800])[1]).toBeLessThan(0);
});
