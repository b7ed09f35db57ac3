import { describe, expect, test } from "vitest";
import { fromReply, type TypeLookup } from "@/catalogue/nodeTypes";
import { DocumentStore } from "@/document/store";
import type { WorkflowDocument } from "@/document/types";
import { bounded } from "./autosave";
import { type Draft, draftsFor } from "./drafts";
import { carriesWorkflow, workflowInText } from "./incoming";
import { isMissingAnything, missingIn } from "./missing";
import { forget, leave, left, newest } from "./parting";
import { placed } from "./placing";
import { nameFrom } from "./saving";

const loader = fromReply({
  id: "Loader",
  title: "Loader",
  category: "",
  description: "",
  version: 1,
  is_output: false,
  deprecated: false,
  experimental: false,
  source: "",
  outputs: [{ name: "MODEL", type: "MODEL", is_list: false, help: "" }],
  order: ["name"],
  inputs: {
    properties: {
      name: { "x-type": "COMBO", "x-files": "checkpoints", enum: ["here.safetensors", "sub/b"] },
    },
  },
});
const lookup: TypeLookup = (id) => (id === "Loader" ? loader : undefined);
const node = (class_type: string, inputs = {}) => ({ class_type, inputs });

test("46: unknown types and missing files are listed once, with all their places", () => {
  const document: WorkflowDocument = {
    latentloom: 1,
    graph: {
      1: node("Loader", { name: "gone" }),
      2: node("Magic"),
      3: node("Magic"),
      4: node("Loader", { name: "sub\\b" }),
    },
    subgraphs: { s: { graph: { 1: node("Loader", { name: "gone" }) } } },
  };
  const missing = missingIn(document, lookup);
  expect(missing.types).toEqual([
    {
      type: "Magic",
      places: [
        { scope: "", node: "2" },
        { scope: "", node: "3" },
      ],
    },
  ]);
  expect(missing.files).toMatchObject([
    { folder: "checkpoints", name: "gone", choices: ["here.safetensors", "sub/b"] },
  ]);
  expect(missing.files[0]?.places).toHaveLength(2);
  expect(isMissingAnything(missingIn({ latentloom: 1, graph: {} }, lookup))).toBe(false);
});

test("53: nodes without a place get one; those that have one keep it", async () => {
  const bare: WorkflowDocument = {
    latentloom: 1,
    graph: { 1: node("Loader"), 2: node("Use", { model: ["1", 0] }) },
  };
  const done = await placed(bare, lookup);
  const [a, b] = [done.layout?.nodes?.[1]?.position, done.layout?.nodes?.[2]?.position];
  expect(b?.[0]).toBeGreaterThan((a?.[0] ?? 0) + 200);
  expect(await placed(done, lookup)).toBe(done);
  const partly = await placed({ ...done, graph: { ...done.graph, 3: node("Loader") } }, lookup);
  expect(partly.layout?.nodes?.[1]?.position).toEqual(a);
  expect(partly.layout?.nodes?.[3]?.position).toBeDefined();
});

test("53: a picture that carries a workflow is told from one that does not", async () => {
  expect(await carriesWorkflow(new Blob(["\x89PNG....tEXtworkflow\0{}"]))).toBe(true);
  expect(await carriesWorkflow(new Blob(["\x89PNG....IDAT"]))).toBe(false);
});

test("53: texts of other programs are known as workflows, ordinary JSON is not", () => {
  expect(workflowInText('{"3": {"class_type": "KSampler", "inputs": {}}}')).toBeDefined();
  expect(workflowInText('{"nodes": [], "links": []}')).toBeDefined();
  expect(workflowInText('{"hello": 1}')).toBeUndefined();
  expect(workflowInText("{class_type")).toBeUndefined();
});

test("54: a window opens its own drafts, and those of windows that are gone, in their order", () => {
  const draft = (id: string, window: string, order: number) => ({ id, window, order, at: 0 }) as Draft;
  const all = [
    draft("b", "me", 1),
    draft("other", "alive", 0),
    draft("lost", "dead", 0),
    draft("a", "me", 0),
  ];
  expect(draftsFor("me", all, new Set(["me", "alive"])).map((each) => each.id)).toEqual(["a", "b", "lost"]);
});

test("54: the history that is kept with a draft is bounded; the latest steps stay", () => {
  const store = new DocumentStore({ latentloom: 1, graph: {} });
  for (let count = 0; count < 5; count++)
    store.edit(`step ${count}`, (draft) => {
      draft.graph[count] = node("x".repeat(1000));
    });
  const { history } = store.state.getState();
  expect(bounded(history)).toBe(history);
  expect(bounded(history, 3000).past.map((each) => each.label)).toEqual(["step 3", "step 4"]);
});

test("54: names are as the server takes them", () => {
  expect(nameFrom("Château: été/été")).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_ .()+-]*$/);
  expect(nameFrom("…")).toBe("workflow");
});

describe("54: what a page leaves while it goes", () => {
  const draft = (id: string, at: number) =>
    ({
      id,
      at,
      document: { graph: { 1: { class_type: "A", inputs: { seed: 2n ** 63n } } } },
      history: { past: [], future: [] },
      selection: new Set(["node:1"]),
    }) as unknown as Draft;

  test("is there again, with large numbers and the selection, until it is forgotten", () => {
    leave(draft("a", 1));
    leave(draft("b", 2));
    expect(left().sort((one, other) => one.at - other.at)).toEqual([draft("a", 1), draft("b", 2)]);
    forget("a");
    expect(left()).toEqual([draft("b", 2)]);
    forget("b");
    expect(left()).toEqual([]);
  });

  test("goes without its history where there is no room for it", () => {
    const large = {
      ...draft("a", 1),
      history: { past: ["x".repeat(6_000_000)], future: [] },
    } as unknown as Draft;
    leave(large);
    expect(left()).toEqual([draft("a", 1)]);
    forget("a");
  });

  test("wins over what was written before, and loses against what was written after", () => {
    const [older, newer] = [draft("a", 1), draft("a", 2)];
    expect(newest([older], [newer])).toEqual([newer]);
    expect(newest([newer, draft("b", 0)], [older])).toEqual([newer, draft("b", 0)]);
  });

  test("what cannot be read costs nothing", () => {
    localStorage.setItem("latentloom.draft.a", "{");
    expect(left()).toEqual([]);
    localStorage.clear();
  });
});
