import { expect, test } from "vitest";
import { freePlace } from "./freePlace";

const box = (x: number, y = 0) => ({ x, y, width: 252, height: 200 });

test("a node that is added with the keyboard covers no other (checklist 60)", () => {
  expect(freePlace([], undefined, [10, 20])).toEqual([10, 20]);
  expect(freePlace([box(0)], box(0), [900, 900])).toEqual([300, 0]);
  expect(freePlace([box(0), box(320)], box(0), [0, 0])).toEqual([620, 0]);
  expect(freePlace([box(100, 100)], undefined, [0, 0])).toEqual([400, 0]);
  expect(freePlace([box(0, 400)], undefined, [0, 0])).toEqual([0, 0]);
});
