import { describe, expect, test } from "vitest";
import { DocumentStore } from "@/document/store";
import { draftAt, ROOT } from "@/document/types";
import { pipeline } from "@/testing/documents";
import { aligned, spread } from "./aligning";
import { arrangeAside } from "./arrangeAside";
import { addGroup, boundsAround, fitGroups, rejoinGroups } from "./groups";

const box = (x: number, y: number, width = 100, height = 50) => ({ x, y, width, height });

describe("groups (checklist 36)", () => {
  const grouped = () => {
    const store = new DocumentStore(pipeline());
    const nodes = new Map([
      ["1", box(0, 0)],
      ["2", box(320, 0)],
    ]);
    store.edit("group", (draft) => void addGroup(draft, ROOT, "Group", nodes));
    return store;
  };

  test("a group lies around its nodes, with room for its title", () => {
    expect(grouped().doc.layout?.groups?.g1).toEqual({
      title: "Group",
      bounds: [-20, -60, 460, 130],
      nodes: ["1", "2"],
    });
  });

  test("a node that is dropped in joins, one that is dragged out leaves", () => {
    const store = grouped();
    const drop = new Map([
      ["3", box(100, 20)],
      ["2", box(900, 900)],
    ]);
    store.edit("drop", (draft) => rejoinGroups(draftAt(draft, ROOT).layout, drop));
    expect(store.doc.layout?.groups?.g1?.nodes).toEqual(["1", "3"]);
  });

  test("a group that moves with its nodes keeps them", () => {
    const store = grouped();
    const drop = new Map([["2", box(900, 900)]]);
    store.edit("drop", (draft) => rejoinGroups(draftAt(draft, ROOT).layout, drop, new Set(["g1"])));
    expect(store.doc.layout?.groups?.g1?.nodes).toEqual(["1", "2"]);
  });

  test("of groups inside of groups a node joins the smallest", () => {
    const store = grouped();
    store.edit("more", (draft) => {
      const { layout } = draftAt(draft, ROOT);
      layout.groups = { ...layout.groups, outer: { bounds: [-500, -500, 2000, 2000], nodes: [] } };
      rejoinGroups(layout, new Map([["3", box(100, 20)]]));
    });
    expect(store.doc.layout?.groups?.g1?.nodes).toContain("3");
    expect(store.doc.layout?.groups?.outer?.nodes).toEqual([]);
  });

  test("a group can be fitted to its nodes again", () => {
    const store = grouped();
    store.edit("fit", (draft) => fitGroups(draftAt(draft, ROOT).layout, ["g1"], () => box(50, 50)));
    expect(store.doc.layout?.groups?.g1?.bounds).toEqual(boundsAround([box(50, 50)]));
  });
});

describe("arranging (checklist 37)", () => {
  const boxes = new Map([
    ["a", box(0, 0)],
    ["b", box(50, 200, 200, 50)],
    ["c", box(500, 80)],
  ]);

  test("boxes are aligned at their edges and middles", () => {
    expect(aligned(boxes, "right").get("a")).toEqual([500, 0]);
    expect(aligned(boxes, "centre").get("b")).toEqual([200, 200]);
    expect(aligned(boxes, "bottom").get("c")).toEqual([500, 200]);
  });

  test("boxes are spread with equal gaps, the outer ones stay", () => {
    const places = spread(boxes, "across");
    expect(places.get("a")).toEqual([0, 0]);
    expect(places.get("b")).toEqual([200, 200]);
    expect(places.get("c")).toEqual([500, 80]);
  });

  test("the same graph gets the same places, from left to right, without overlaps", async () => {
    const store = new DocumentStore(pipeline());
    const sizes = new Map(Object.keys(store.doc.graph).map((id) => [id, { width: 250, height: 200 }]));
    const places = await arrangeAside(sizes, store.index(ROOT));
    expect(await arrangeAside(sizes, store.index(ROOT))).toEqual(places);
    for (const wire of store.index(ROOT).wires())
      expect(places.get(wire.from)?.[0]).toBeLessThan(places.get(wire.to)?.[0] ?? 0);
    const corners = [...places.values()];
    for (const [at, [x, y]] of corners.entries())
      for (const [u, v] of corners.slice(at + 1))
        expect(Math.abs(x - u) >= 250 || Math.abs(y - v) >= 200).toBe(true);
  });
});
