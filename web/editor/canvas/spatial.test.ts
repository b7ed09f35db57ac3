import { expect, test } from "vitest";
import { overlaps, SpatialHash, union } from "./spatial";

/** A small generator, so that every run tests the same boxes. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

test("the boxes near a place are those that a look at all of them finds", () => {
  const next = numbers(7);
  const box = () => ({
    x: next() * 8000 - 4000,
    y: next() * 8000 - 4000,
    width: 50 + next() * 900,
    height: 50 + next() * 900,
  });
  const hash = new SpatialHash();
  const boxes = new Map(Array.from({ length: 300 }, (_, at) => [String(at), box()]));
  for (const [id, each] of boxes) hash.set(id, each);
  for (const id of ["3", "30", "77"]) {
    const moved = box();
    boxes.set(id, moved);
    hash.set(id, moved);
  }
  boxes.delete("5");
  hash.delete("5");
  for (let turn = 0; turn < 50; turn++) {
    const wanted = box();
    const found = [...hash.near(wanted)].filter((id) => overlaps(boxes.get(id) ?? wanted, wanted)).sort();
    const expected = [...boxes]
      .filter(([, each]) => overlaps(each, wanted))
      .map(([id]) => id)
      .sort();
    expect(found).toEqual(expected);
  }
});

test("the box around nothing is nothing", () => {
  expect(union([])).toBeUndefined();
  expect(
    union([
      { x: 0, y: 0, width: 1, height: 1 },
      { x: -5, y: 3, width: 2, height: 2 },
    ]),
  ).toEqual({ x: -5, y: 0, width: 6, height: 5 });
});
