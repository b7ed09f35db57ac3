import { describe, expect, test } from "vitest";
import type { NodeType } from "@/catalogue/types";
import { DocumentStore } from "@/document/store";
import { type Point, ROOT } from "@/document/types";
import { lookup, typeNamed } from "@/testing/catalogue";
import { pipeline } from "@/testing/documents";
import { attachViewer, viewedOutput, viewerFor, viewerOf } from "./viewer";

const SAVE = typeNamed("Save");
const PICTURE: NodeType = { ...SAVE, id: "PreviewImage" };
const TEXT: NodeType = {
  ...SAVE,
  id: "PreviewAny",
  inputs: SAVE.inputs.slice(0, 1).map((input) => ({ ...input, name: "source", type: "*" })),
};
const offered = (id: string) => [PICTURE, TEXT].find((type) => type.id === id) ?? lookup(id);

function look(store: DocumentStore, node: string, slot: number, type: string, at: Point = [0, 0]): string {
  const viewer = viewerFor(type, offered);
  let made = "";
  store.edit("view", (draft) => {
    if (viewer !== undefined) made = attachViewer(draft, ROOT, viewer, { node, slot, type }, at);
  });
  return made;
}

describe("the viewer (checklist 50)", () => {
  test("pictures are shown as such, anything else as text", () => {
    expect(viewerFor("IMAGE", offered)?.id).toBe("PreviewImage");
    expect(viewerFor("LATENT", offered)?.id).toBe("PreviewAny");
    expect(viewerFor("LATENT", lookup)).toBeUndefined();
  });

  test("is made once and moves from output to output", () => {
    const store = new DocumentStore(pipeline());
    expect(viewerOf(store.doc)).toBeUndefined();
    const first = look(store, "4", 0, "IMAGE", [100, 20]);
    expect(store.doc.graph[first]?.inputs.images).toEqual(["4", 0]);
    expect(store.doc.layout?.nodes?.[first]?.position).toEqual([100, 20]);
    const second = look(store, "5", 0, "IMAGE", [400, 20]);
    expect(second).toBe(first);
    expect(viewedOutput(store.doc)).toEqual({ node: "5", slot: 0 });
    expect(store.doc.layout?.nodes?.[first]?.position).toEqual([400, 20]);
  });

  test("becomes what shows the output best, and one step of undo takes it back", () => {
    const store = new DocumentStore(pipeline());
    const id = look(store, "4", 0, "IMAGE");
    look(store, "1", 1, "CLIP");
    expect(store.doc.graph[id]).toMatchObject({ class_type: "PreviewAny", inputs: { source: ["1", 1] } });
    store.undo();
    expect(store.doc.graph[id]?.class_type).toBe("PreviewImage");
    store.undo();
    expect(viewerOf(store.doc)).toBeUndefined();
  });

  test("a pinned viewer stays where it is", () => {
    const store = new DocumentStore(pipeline());
    const id = look(store, "4", 0, "IMAGE", [100, 20]);
    store.edit("pin", (draft) => {
      const layout = draft.layout?.nodes?.[id];
      if (layout !== undefined) layout.pinned = true;
    });
    look(store, "5", 0, "IMAGE", [400, 20]);
    expect(store.doc.layout?.nodes?.[id]?.position).toEqual([100, 20]);
  });
});
