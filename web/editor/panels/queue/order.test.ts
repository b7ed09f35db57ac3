import { expect, test } from "vitest";
import { changedPart, moved } from "./order";

test("51: moving a job tells the server no more than the part that changes", () => {
  const queue = ["a", "b", "c", "d", "e"];
  const next = moved(queue, 3, 1);
  expect(next).toEqual(["a", "d", "b", "c", "e"]);
  expect(changedPart(queue, next)).toEqual(["d", "b", "c"]);
  expect(changedPart(queue, moved(queue, 2, 2))).toEqual([]);
  expect(moved(queue, 0, 99)).toEqual(["b", "c", "d", "e", "a"]);
});
