import { describe, expect, test } from "vitest";
import { fromDefinition } from "@/catalogue/nodeTypes";
import { DocumentStore } from "@/document/store";
import { ROOT } from "@/document/types";
import { lookup, typeNamed } from "@/testing/catalogue";
import { pipeline } from "@/testing/documents";
import { demoteInput, demoteOutput, moveOutput, promoteInput, promoteOutput, renameInput } from "./promoting";
import { closesCircle, makeSubgraph, unpack } from "./subgraphs";
import { usesOf, wouldNest } from "./uses";

const outputOf = (store: DocumentStore) => (id: string, slot: number) => {
  const output = typeNamed(store.doc.graph[id]?.class_type ?? "").outputs[slot];
  return { name: output?.name ?? "", type: output?.type ?? "*" };
};

function made(nodes: readonly string[], id = "def"): { store: DocumentStore; use: string } {
  const store = new DocumentStore(pipeline());
  let use = "";
  store.edit("make", (draft) => {
    const wish = { id, title: "Part", nodes, groups: [], notes: [], at: [10, 20] as [number, number] };
    use = makeSubgraph(draft, ROOT, { ...wish, outputOf: outputOf(store) }, store.index(ROOT));
  });
  return { store, use };
}

describe("making a subgraph (checklist 38)", () => {
  test("links through the border become inputs and outputs, one for each output that they come from", () => {
    const { store, use } = made(["3", "4"]);
    const definition = store.doc.subgraphs?.def;
    expect(Object.keys(definition?.graph ?? {})).toEqual(["3", "4"]);
    expect(definition?.inputs?.map((each) => [each.name, each.to])).toEqual([
      ["model", [["3", "model"]]],
      ["positive", [["3", "positive"]]],
      ["vae", [["4", "vae"]]],
    ]);
    expect(definition?.outputs).toEqual([{ name: "IMAGE", from: ["4", 0], type: "IMAGE" }]);
    expect(store.doc.graph[use]).toMatchObject({
      class_type: "def",
      inputs: { model: ["1", 0], positive: ["2", 0], vae: ["1", 2] },
    });
    expect(store.doc.graph["5"]?.inputs.image).toEqual([use, 0]);
    expect(definition?.graph["4"]?.inputs.samples).toEqual(["3", 0]);
    expect(store.doc.layout?.nodes?.["3"]).toBeUndefined();
    expect(store.doc.layout?.nodes?.[use]?.position).toEqual([10, 20]);
  });

  test("is one step of undo", () => {
    const { store } = made(["3", "4"]);
    store.undo();
    expect(store.doc).toEqual(pipeline());
  });

  test("nodes that feed themselves by way of others are refused", () => {
    const store = new DocumentStore(pipeline());
    expect(closesCircle(["3", "5"], store.index(ROOT))).toBe(true);
    expect(closesCircle(["3", "4"], store.index(ROOT))).toBe(false);
  });

  test("named parameters follow their node inside", () => {
    const store = new DocumentStore({
      ...pipeline(),
      layout: { parameters: { prompt: { node: "2", input: "text" } } },
    });
    let use = "";
    store.edit("make", (draft) => {
      const wish = {
        id: "def",
        title: "",
        nodes: ["2"],
        groups: [],
        notes: [],
        at: [0, 0] as [number, number],
      };
      use = makeSubgraph(draft, ROOT, { ...wish, outputOf: outputOf(store) }, store.index(ROOT));
    });
    expect(store.doc.layout?.parameters?.prompt).toEqual({ node: use, input: "text" });
    expect(store.doc.subgraphs?.def?.inputs?.at(-1)).toEqual({ name: "text", to: [["2", "text"]] });
  });

  test("a subgraph inside of a subgraph keeps what the outer one shows", () => {
    const { store } = made(["2", "3", "4"]);
    store.edit("promote", (draft) => void promoteInput(draft, "def", "3", "seed"));
    const inner = (id: string, slot: number) => {
      const output = typeNamed(store.doc.subgraphs?.def?.graph[id]?.class_type ?? "").outputs[slot];
      return { name: output?.name ?? "", type: output?.type ?? "*" };
    };
    let use = "";
    store.edit("make", (draft) => {
      const wish = {
        id: "deep",
        title: "",
        nodes: ["3", "4"],
        groups: [],
        notes: [],
        at: [0, 0] as [number, number],
      };
      use = makeSubgraph(draft, "def", { ...wish, outputOf: inner }, store.index("def"));
    });
    const definition = store.doc.subgraphs?.def;
    const type = fromDefinition("def", definition as never, store.doc, lookup);
    expect(type.inputs.find((each) => each.name === "seed")?.widget).toBe("seed");
    expect(type.outputs.map((each) => each.type)).toEqual(["IMAGE"]);
    expect(definition?.outputs?.[0]?.from).toEqual([use, 0]);
    expect(wouldNest(store.doc, "def", "deep")).toBe(true);
    expect(wouldNest(store.doc, "deep", "def")).toBe(false);
  });
});

describe("unpacking (checklist 38)", () => {
  test("brings back links and the values of the use, and drops a definition that nobody uses", () => {
    const { store, use } = made(["3", "4"]);
    store.edit("promote", (draft) => {
      promoteInput(draft, "def", "3", "seed");
      const node = draft.graph[use];
      if (node !== undefined) node.inputs.seed = 99;
    });
    let back: string[] = [];
    store.edit("unpack", (draft) => {
      back = unpack(draft, ROOT, use, store.index(ROOT));
    });
    const [sampler = "", decode = ""] = back;
    expect(store.doc.graph[sampler]).toMatchObject({
      class_type: "Sample",
      inputs: { model: ["1", 0], seed: 99, positive: ["2", 0] },
    });
    expect(store.doc.graph[decode]?.inputs).toEqual({ samples: [sampler, 0], vae: ["1", 2] });
    expect(store.doc.graph["5"]?.inputs.image).toEqual([decode, 0]);
    expect(store.doc.graph[use]).toBeUndefined();
    expect(store.doc.subgraphs).toEqual({});
  });

  test("a definition that is used elsewhere stays", () => {
    const { store, use } = made(["5"]);
    store.edit("again", (draft) => {
      draft.graph["20"] = { class_type: "def", inputs: {} };
    });
    store.edit("unpack", (draft) => void unpack(draft, ROOT, use, store.index(ROOT)));
    expect(usesOf(store.doc, "def")).toEqual([{ scope: ROOT, node: "20" }]);
  });
});

describe("what a subgraph shows outside (checklist 38)", () => {
  test("a promoted widget is edited on the use, and its value inside is the default", () => {
    const { store } = made(["5"]);
    store.edit("promote", (draft) => void promoteInput(draft, "def", "5", "radius"));
    const type = fromDefinition("def", store.doc.subgraphs?.def as never, store.doc, lookup);
    const radius = type.inputs.find((each) => each.name === "radius");
    expect(radius).toMatchObject({ widget: "integer", schema: { default: 2 } });
  });

  test("renaming an input renames it in every use", () => {
    const { store, use } = made(["5"]);
    store.edit("rename", (draft) => renameInput(draft, "def", "image", "picture"));
    expect(store.doc.graph[use]?.inputs).toEqual({ picture: ["4", 0] });
    expect(store.doc.subgraphs?.def?.inputs?.[0]?.name).toBe("picture");
  });

  test("hiding an input takes its values and links from every use", () => {
    const { store, use } = made(["5"]);
    store.edit("hide", (draft) => demoteInput(draft, "def", "image"));
    expect(store.doc.graph[use]?.inputs).toEqual({});
  });

  test("links keep to their output when outputs are moved, and are cut when it goes", () => {
    const { store, use } = made(["4", "3"]);
    store.edit("show", (draft) => {
      promoteOutput(draft, "def", "3", 0, { label: "LATENT", type: "LATENT" });
      moveOutput(draft, "def", 0, 1);
    });
    expect(store.doc.graph["5"]?.inputs.image).toEqual([use, 1]);
    store.edit("hide", (draft) => demoteOutput(draft, "def", 1));
    expect(store.doc.graph["5"]?.inputs.image).toBeUndefined();
  });
});
