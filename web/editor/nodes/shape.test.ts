import { expect, test } from "vitest";
import { typeNamed } from "@/testing/catalogue";
import { HEAD, shapeOf } from "./shape";

const node = (class_type: string, inputs = {}) => ({ class_type, inputs });

test("rows follow each other without a gap and end with the node", () => {
  for (const id of ["Load", "Encode", "Sample", "Save"]) {
    const shape = shapeOf({ node: node(id), type: typeNamed(id), layout: undefined });
    let y = shape.rows[0]?.y ?? 0;
    for (const row of shape.rows) {
      expect(row.y).toBe(y);
      y += row.height;
    }
    expect(shape.height).toBe(y + 8);
    for (const { y: at } of [...shape.inputs, ...shape.outputs]) expect(at).toBeGreaterThan(HEAD);
  }
});

test("a size of the document stretches texts and pictures, never below what fits", () => {
  const tall = shapeOf({ node: node("Encode"), type: typeNamed("Encode"), layout: { size: [400, 400] } });
  expect([tall.width, tall.height]).toEqual([400, 400]);
  const small = shapeOf({ node: node("Encode"), type: typeNamed("Encode"), layout: { size: [10, 10] } });
  expect(small.height).toBe(small.minHeight);
  expect(small.width).toBe(small.minWidth);
});

test("nodes that show pictures keep room for them, others grow with their first", () => {
  const has = (id: string, hasPicture: boolean) =>
    shapeOf({ node: node(id), type: typeNamed(id), layout: undefined, hasPicture }).rows.some(
      (row) => row.kind === "picture",
    );
  expect(has("Save", false)).toBe(true);
  expect(has("Sample", false)).toBe(false);
  expect(has("Sample", true)).toBe(true);
});

test("a collapsed node is its head with the sockets that matter", () => {
  const shape = shapeOf({
    node: node("Sample", { seed: ["1", 0] }),
    type: typeNamed("Sample"),
    layout: { collapsed: true },
  });
  expect(shape.height).toBe(HEAD);
  expect(shape.inputs.map((each) => each.input.name)).toEqual([
    "model",
    "seed",
    "positive",
    "negative",
    "latent",
  ]);
});
