import { describe, expect, test } from "vitest";
import { DocumentStore } from "@/document/store";
import { ROOT } from "@/document/types";
import { typeNamed } from "@/testing/catalogue";
import { pipeline } from "@/testing/documents";
import { addSearched } from "./addSearched";
import { clipboardText, copyOf, documentInText, paste } from "./clipboard";
import { insertion, insertNode } from "./insert";
import { connect, disconnect } from "./links";
import { bestInput, converter } from "./matching";
import { addNode, dissolveNodes, removeNodes, toggleMode } from "./nodes";

const typeOf = (store: DocumentStore) => (id: string) => typeNamed(store.doc.graph[id]?.class_type ?? "");

describe("links", () => {
  test("a new link on a used input replaces the old one (checklist 20)", () => {
    const store = new DocumentStore(pipeline());
    store.edit("link", (draft) =>
      connect(draft, ROOT, { node: "4", slot: 0 }, { node: "6", input: "images" }),
    );
    expect(store.doc.graph["6"]?.inputs.images).toEqual(["4", 0]);
    expect(store.state.getState().history.past).toHaveLength(1);
  });

  test("a widget gets its value back when its link goes", () => {
    const store = new DocumentStore(pipeline());
    store.edit("link", (draft) =>
      connect(draft, ROOT, { node: "1", slot: 0 }, { node: "5", input: "radius" }),
    );
    expect(store.doc.graph["5"]?.inputs.radius).toEqual(["1", 0]);
    store.edit("unlink", (draft) => disconnect(draft, ROOT, { node: "5", input: "radius" }));
    expect(store.doc.graph["5"]?.inputs.radius).toBe(2);
  });
});

describe("deleting (checklist 31)", () => {
  test("delete cuts the links of a node", () => {
    const store = new DocumentStore(pipeline());
    store.edit("delete", (draft) => removeNodes(draft, ROOT, ["5"], store.index(ROOT)));
    expect(store.doc.graph["5"]).toBeUndefined();
    expect(store.doc.graph["6"]?.inputs.images).toBeUndefined();
    expect(store.doc.layout?.nodes?.["5"]).toBeUndefined();
  });

  test("dissolve leads links past the node", () => {
    const store = new DocumentStore(pipeline());
    store.edit("dissolve", (draft) => dissolveNodes(draft, ROOT, ["5"], store.index(ROOT), typeOf(store)));
    expect(store.doc.graph["6"]?.inputs.images).toEqual(["4", 0]);
  });

  test("what cannot be healed stays cut, and undo brings everything back", () => {
    const store = new DocumentStore(pipeline());
    store.edit("dissolve", (draft) =>
      dissolveNodes(draft, ROOT, ["4", "5"], store.index(ROOT), typeOf(store)),
    );
    expect(store.doc.graph["6"]?.inputs.images).toBeUndefined();
    store.undo();
    expect(store.doc).toEqual(pipeline());
  });
});

test("a node goes into a link that it fits (checklist 14)", () => {
  const store = new DocumentStore(pipeline());
  const wire = store.index(ROOT).into("6").get("images");
  let made = "";
  store.edit("insert", (draft) => {
    made = addNode(draft, ROOT, typeNamed("Blur"), [0, 0]);
    const through = insertion(typeNamed("Blur"), { class_type: "Blur", inputs: {} }, "IMAGE", "IMAGE");
    if (wire !== undefined && through !== undefined) insertNode(draft, ROOT, wire, made, through);
  });
  expect(store.doc.graph[made]?.inputs).toEqual({ image: ["5", 0], radius: 1 });
  expect(store.doc.graph["6"]?.inputs.images).toEqual([made, 0]);
  expect(
    insertion(typeNamed("Decode"), { class_type: "Decode", inputs: {} }, "IMAGE", "IMAGE"),
  ).toBeUndefined();
});

test("a dropped link connects the best socket of the picked node (checklist 13)", () => {
  const store = new DocumentStore(pipeline());
  let made = "";
  store.edit("add", (draft) => {
    made = addSearched(draft, ROOT, typeNamed("Sample"), [500, 300], {
      node: "2",
      side: "output",
      name: "",
      slot: 0,
      type: "CONDITIONING",
    });
  });
  expect(store.doc.graph[made]?.inputs.positive).toEqual(["2", 0]);
  store.edit("add", (draft) => {
    made = addSearched(draft, ROOT, typeNamed("Load"), [0, 300], {
      node: "4",
      side: "input",
      name: "vae",
      slot: 0,
      type: "VAE",
    });
  });
  expect(store.doc.graph["4"]?.inputs.vae).toEqual([made, 2]);
});

test("free sockets come before used ones, sockets before widgets", () => {
  const node = { class_type: "Sample", inputs: { positive: ["2", 0] as [string, number] } };
  expect(bestInput(typeNamed("Sample"), node, "CONDITIONING")?.name).toBe("negative");
  expect(bestInput(typeNamed("Save"), { class_type: "Save", inputs: {} }, "*")?.name).toBe("images");
});

test("the node that converts one type into another is found (checklist 19)", () => {
  const types = [typeNamed("Save"), typeNamed("Decode"), typeNamed("Sample")];
  expect(converter("LATENT", "IMAGE", types)?.id).toBe("Decode");
  expect(converter("MODEL", "IMAGE", types)).toBeUndefined();
});

describe("clipboard (checklist 30)", () => {
  test("a copy is a document as text, and pastes under new ids with its own links", () => {
    const store = new DocumentStore(pipeline());
    const text = clipboardText(copyOf(store.doc, ROOT, { nodes: ["4", "5"] }));
    const copy = documentInText(text);
    if (copy === undefined) throw new Error("The text holds no document.");
    let made: string[] = [];
    store.edit("paste", (draft) => {
      made = paste(draft, ROOT, copy, { at: [1000, 500] }).nodes;
    });
    expect(made).toEqual(["7", "8"]);
    expect(store.doc.graph["8"]?.inputs.image).toEqual(["7", 0]);
    expect(store.doc.graph["7"]?.inputs).toEqual({});
    expect(store.doc.layout?.nodes?.["7"]?.position).toEqual([1000, 500]);
    expect(store.doc.layout?.nodes?.["8"]?.position).toEqual([1320, 500]);
  });

  test("links from outside stay where that is asked for and their node is there", () => {
    const store = new DocumentStore(pipeline());
    const copy = copyOf(store.doc, ROOT, { nodes: ["4"] });
    store.edit("paste", (draft) => void paste(draft, ROOT, copy, { keepsIncoming: true }));
    expect(store.doc.graph["7"]?.inputs).toEqual({ samples: ["3", 0], vae: ["1", 2] });
  });

  test("definitions travel with their uses, and another one of the same id is not overwritten", () => {
    const doc = pipeline();
    doc.graph["7"] = { class_type: "s", inputs: {} };
    doc.subgraphs = { s: { title: "mine", graph: {} } };
    const copy = copyOf(doc, ROOT, { nodes: ["7"] });
    const target = new DocumentStore({
      latentloom: 1,
      graph: {},
      subgraphs: { s: { title: "theirs", graph: {} } },
    });
    target.edit("paste", (draft) => void paste(draft, ROOT, copy));
    const used = target.doc.graph["1"]?.class_type ?? "";
    expect(used).not.toBe("s");
    expect(target.doc.subgraphs?.[used]?.title).toBe("mine");
    expect(target.doc.subgraphs?.s?.title).toBe("theirs");
  });

  test("other texts are no nodes", () => {
    for (const text of ["hello", "{", '{"a":1}', "[1]"]) expect(documentInText(text)).toBeUndefined();
  });
});

test("a mode is switched on for all, and off when all have it (checklist 32)", () => {
  const store = new DocumentStore(pipeline());
  const modes = () => ["4", "5"].map((id) => store.doc.layout?.nodes?.[id]?.mode);
  store.edit("mute", (draft) => toggleMode(draft, ROOT, ["4"], "mute"));
  store.edit("mute", (draft) => toggleMode(draft, ROOT, ["4", "5"], "mute"));
  expect(modes()).toEqual(["mute", "mute"]);
  store.edit("mute", (draft) => toggleMode(draft, ROOT, ["4", "5"], "mute"));
  expect(modes()).toEqual(["normal", "normal"]);
});
