import { describe, expect, test } from "vitest";
import { pipeline } from "@/testing/documents";
import { DocumentStore } from "./store";
import { draftAt, ROOT } from "./types";

function setSeed(store: DocumentStore, seed: number, coalesce?: string) {
  return store.edit(
    "seed",
    (draft) => {
      const node = draftAt(draft, ROOT).graph["3"];
      if (node !== undefined) node.inputs.seed = seed;
    },
    coalesce === undefined ? {} : { coalesce },
  );
}
const seedOf = (store: DocumentStore) => store.doc.graph["3"]?.inputs.seed;

describe("undo (checklist 29)", () => {
  test("any number of edits undone and redone give the same documents again", () => {
    const store = new DocumentStore(pipeline());
    const seen = [store.doc];
    for (const seed of [1, 2, 3, 4]) {
      setSeed(store, seed);
      seen.push(store.doc);
    }
    for (let at = 3; at >= 0; at--) {
      store.undo();
      expect(store.doc).toEqual(seen[at]);
    }
    for (let at = 1; at <= 4; at++) {
      store.redo();
      expect(store.doc).toEqual(seen[at]);
    }
  });

  test("typing in one field is one step until it settles", () => {
    const store = new DocumentStore(pipeline());
    for (const seed of [1, 12, 123]) setSeed(store, seed, "3/seed");
    store.settle();
    setSeed(store, 4, "3/seed");
    store.undo();
    expect(seedOf(store)).toBe(123);
    store.undo();
    expect(seedOf(store)).toBe(7);
    expect(store.canUndo).toBe(false);
  });

  test("a gesture is one step, and cancelling it leaves no trace", () => {
    const store = new DocumentStore(pipeline());
    store.begin("gesture");
    setSeed(store, 1);
    setSeed(store, 2);
    store.commit();
    expect(store.state.getState().history.past.map((entry) => entry.label)).toEqual(["gesture"]);
    store.begin("another");
    setSeed(store, 3);
    store.cancel();
    expect(seedOf(store)).toBe(2);
    store.undo();
    expect(seedOf(store)).toBe(7);
  });

  test("an edit that changes nothing is no step", () => {
    const store = new DocumentStore(pipeline());
    expect(setSeed(store, 7)).toBe(false);
    expect(store.canUndo).toBe(false);
  });
});

test("a change names the nodes that it touched", () => {
  const store = new DocumentStore(pipeline());
  const touched: string[][] = [];
  store.onChange((change) => touched.push([...(change.touched.scopes.get(ROOT)?.nodes ?? [])]));
  setSeed(store, 9);
  store.undo();
  expect(touched).toEqual([["3"], ["3"]]);
});

test("keys that nobody knows survive edits", () => {
  const doc = { ...pipeline(), future: { a: [1] } };
  const store = new DocumentStore(doc);
  setSeed(store, 9);
  expect(store.doc.future).toEqual({ a: [1] });
});

test("link indices follow edits, undo and new documents", () => {
  const store = new DocumentStore(pipeline());
  const index = () => store.index(ROOT);
  expect(
    index()
      .outOf("1")
      .map((wire) => wire.to)
      .sort(),
  ).toEqual(["2", "3", "4"]);
  store.edit("cut", (draft) => {
    delete draft.graph["3"]?.inputs.model;
  });
  expect(index().outOf("1", 0)).toEqual([]);
  store.undo();
  expect(index().outOf("1", 0)).toEqual([{ from: "1", slot: 0, to: "3", input: "model" }]);
  expect(index().wouldCycle("6", "1")).toBe(true);
  expect(index().wouldCycle("1", "6")).toBe(false);
  store.replace({ latentloom: 1, graph: {} });
  expect([...index().wires()]).toEqual([]);
});
