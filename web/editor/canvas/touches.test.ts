import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Touches } from "./touches";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a finger that rests opens the menu, one that moves, lifts or is not alone does not (checklist 10)", () => {
  const onLongPress = vi.fn();
  const touches = new Touches(onLongPress);
  touches.down(1, [100, 100], true);
  touches.move(1, [103, 101]);
  vi.advanceTimersByTime(600);
  expect(onLongPress).toHaveBeenCalledExactlyOnceWith([100, 100]);
  touches.up(1);

  touches.down(1, [100, 100], true);
  touches.move(1, [130, 100]);
  vi.advanceTimersByTime(600);
  touches.up(1);
  touches.down(1, [100, 100], true);
  touches.up(1);
  vi.advanceTimersByTime(600);
  touches.down(1, [100, 100], true);
  touches.down(2, [200, 100], true);
  vi.advanceTimersByTime(600);
  touches.clear();
  touches.down(1, [100, 100], false); // a field takes it itself
  vi.advanceTimersByTime(600);
  expect(onLongPress).toHaveBeenCalledOnce();
});

test("two fingers move and zoom the view around their middle (checklist 10)", () => {
  const touches = new Touches(() => {});
  expect(touches.down(1, [100, 100], true)).toBe(false);
  expect(touches.move(1, [100, 100])).toBeUndefined();
  expect(touches.down(2, [200, 100], true)).toBe(true);
  expect(touches.move(2, [300, 120])).toEqual({
    by: [50, 10],
    factor: Math.hypot(200, 20) / 100,
    at: [200, 110],
  });
});
