import { expect, test } from "vitest";
import { GraphIndex } from "@/document/graphIndex";
import { lookup, typeNamed } from "@/testing/catalogue";
import { pipeline } from "@/testing/documents";
import { inOrder, type OutlineFacts, outlineRows, sourcesFor } from "./rows";

function facts(more: Partial<OutlineFacts> = {}): OutlineFacts {
  const document = pipeline();
  document.layout = {
    ...document.layout,
    groups: { g1: { title: "Making", bounds: [0, 0, 9, 9], nodes: ["3"] } },
  };
  const index = new GraphIndex(document.graph);
  return { part: document, document, lookup, index, open: new Set(), query: "", ...more };
}

test("the outline shows groups, their nodes and loose nodes in the order they run (checklist 60)", () => {
  const rows = outlineRows(facts());
  expect(rows.map((row) => `${row.level} ${row.label}`)).toEqual([
    "1 Making",
    "2 Sample",
    "1 Load",
    "1 Encode",
    "1 Decode",
    "1 Blur",
    "1 Save",
  ]);
  expect(rows[2]).toMatchObject({ place: 2, count: 6 });
});

test("an open node shows its inputs with what feeds them", () => {
  const rows = outlineRows(facts({ open: new Set(["node:5"]) }));
  const inputs = rows.filter((row) => row.kind === "input");
  expect(inputs.map((row) => [row.label, row.kind === "input" && row.source])).toEqual([
    ["image", "Decode"],
    ["radius", "2"],
  ]);
});

test("a closed group hides its nodes, a query finds them", () => {
  expect(
    outlineRows(facts({ open: new Set(["closed group:g1"]) })).some((row) => row.label === "Sample"),
  ).toBe(false);
  expect(outlineRows(facts({ query: "samp" })).map((row) => row.label)).toEqual(["Sample"]);
});

test("an input is offered the outputs that fit and close no circle", () => {
  const image = typeNamed("Blur").inputs[0];
  expect(image && sourcesFor(facts(), "5", image).map((each) => each.label)).toEqual(["Decode: IMAGE"]);
});

test("a long chain is put in order without recursion", () => {
  const graph = Object.fromEntries(
    Array.from({ length: 20000 }, (_, at) => [
      String(at),
      { class_type: "Blur", inputs: { image: [String(at - 1), 0] as [string, number] } },
    ]),
  );
  const ids = Object.keys(graph).reverse();
  expect(inOrder(ids, new GraphIndex(graph))[0]).toBe("0");
});
