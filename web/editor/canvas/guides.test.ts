import { expect, test } from "vitest";
import { alignment } from "./guides";

const NEIGHBOUR = { x: 100, y: 50, width: 200, height: 80 };

test("a dragged box snaps to edges and middles of its neighbours, and lines show to which (checklist 8)", () => {
  const { by, guides } = alignment({ x: 97, y: 200, width: 120, height: 60 }, [NEIGHBOUR], 4);
  expect(by).toEqual([3, 0]);
  expect(guides).toEqual([{ from: [100, 34], to: [100, 276] }]);
});

test("both directions are aligned at once, each to its nearest line (checklist 8)", () => {
  const other = { x: 400, y: 201, width: 50, height: 60 };
  const { by, guides } = alignment({ x: 142, y: 200, width: 120, height: 60 }, [NEIGHBOUR, other], 4);
  expect(by).toEqual([-2, 1]); // the middles of both lie at 200
  expect(guides).toHaveLength(2);
});

test("what is too far away aligns nothing (checklist 8)", () => {
  expect(alignment({ x: 140, y: 300, width: 40, height: 40 }, [NEIGHBOUR], 4)).toEqual({
    by: [0, 0],
    guides: [],
  });
});
