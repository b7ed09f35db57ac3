import { expect, test } from "vitest";
import { inputsOf } from "@/catalogue/nodeTypes";
import { DocumentStore } from "@/document/store";
import { ROOT } from "@/document/types";
import { typeNamed } from "@/testing/catalogue";
import { pipeline } from "@/testing/documents";
import { replaceNode } from "./replace";

function replaced(id: string, to: string): DocumentStore {
  const store = new DocumentStore(pipeline());
  const typeAt = (node: string) => typeNamed(store.doc.graph[node]?.class_type ?? "");
  store.edit("replace", (draft) =>
    replaceNode(
      draft,
      ROOT,
      id,
      {
        from: typeAt(id),
        to: typeNamed(to),
        outputType: (node, slot) => typeAt(node).outputs[slot]?.type ?? "*",
        inputType: (node, input) =>
          inputsOf(typeAt(node), pipeline().graph[node] ?? { class_type: "", inputs: {} }).find(
            (each) => each.name === input,
          )?.type ?? "*",
      },
      store.index(ROOT),
    ),
  );
  return store;
}

test("a replaced node keeps links and values of the same name and kind (checklist 17)", () => {
  const store = replaced("5", "Blur");
  expect(store.doc.graph["5"]).toEqual(pipeline().graph["5"]);
  expect(store.doc.graph["6"]?.inputs.images).toEqual(["5", 0]);
});

test("links find an input of their type, values that fit nothing go, and so do links of consumers", () => {
  const store = replaced("5", "Save");
  expect(store.doc.graph["5"]).toMatchObject({
    class_type: "Save",
    inputs: { images: ["4", 0], prefix: "x" },
  });
  expect(store.doc.graph["5"]?.inputs.radius).toBeUndefined();
  expect(store.doc.graph["6"]?.inputs.images).toBeUndefined();
  store.undo();
  expect(store.doc).toEqual(pipeline());
});
