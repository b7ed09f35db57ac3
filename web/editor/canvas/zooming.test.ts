import { expect, test } from "vitest";
import { Zooming } from "./zooming";

test("a zoom goes on until it was the same for a moment; a pan is none (checklist 4)", () => {
  const zooming = new Zooming();
  expect(zooming.goesOn(1600, 0)).toBe(false);
  expect(zooming.goesOn(1600.0000001, 16)).toBe(false);
  expect(zooming.goesOn(1800, 32)).toBe(true);
  expect(zooming.goesOn(1800, 100)).toBe(true);
  expect(zooming.goesOn(1800, 160)).toBe(false);
});
