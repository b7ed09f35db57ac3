import { expect, test } from "vitest";
import type { Made } from "@/api/jobs";
import { fromReply, type TypeLookup } from "@/catalogue/nodeTypes";
import type { WorkflowDocument } from "@/document/types";
import { inputName } from "@/viewer/actions";
import { takeSeeds } from "./reuse";
import { joined } from "./useGallery";

const sampler = fromReply({
  id: "KSampler",
  title: "KSampler",
  category: "",
  description: "",
  version: 1,
  is_output: false,
  deprecated: false,
  experimental: false,
  source: "",
  outputs: [],
  order: ["seed"],
  inputs: { properties: { seed: { "x-type": "INT", type: "integer", "x-control-after-generate": true } } },
});
const lookup: TypeLookup = (id) => (id === "KSampler" ? sampler : undefined);
const made = (id: string, title = "") => ({ id, title }) as Made;

test("51: new entries come first, and no entry is shown twice", () => {
  const list = joined([made("c"), made("b", "newer")], [made("b", "older"), made("a")]);
  expect(list.map((each) => `${each.id}${each.title}`)).toEqual(["c", "bnewer", "a"]);
});

test("51: a seed is taken over for the same node, and stays", () => {
  const draft = {
    latentloom: 1,
    graph: {
      3: { class_type: "KSampler", inputs: { seed: 1 } },
      9: { class_type: "KSampler", inputs: { seed: 2 } },
      10: { class_type: "KSampler", inputs: { seed: ["3", 0] } },
    },
    layout: { nodes: { 3: { after_run: { seed: "randomize" } } } },
  } as unknown as WorkflowDocument;
  const count = takeSeeds(draft, { 9: { class_type: "KSampler", inputs: { seed: 77 } } }, lookup);
  expect(count).toBe(2);
  expect(draft.graph[9]?.inputs.seed).toBe(77);
  expect(draft.graph[3]?.inputs.seed).toBe(77);
  expect(draft.graph[10]?.inputs.seed).toEqual(["3", 0]);
  expect(draft.layout?.nodes?.[3]?.after_run?.seed).toBe("fixed");
});

test("52: a result is named as inputs take it", () => {
  expect(inputName({ filename: "a.png", subfolder: "x", type: "output" })).toBe("x/a.png [output]");
  expect(inputName({ filename: "a.png", subfolder: "", type: "input" })).toBe("a.png");
});
