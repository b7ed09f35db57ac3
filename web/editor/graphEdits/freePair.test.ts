import { expect, test } from "vitest";
import type { WorkflowNode } from "@/document/types";
import { typeNamed } from "@/testing/catalogue";
import { freePair } from "./freePair";

function typed(id: string, inputs: WorkflowNode["inputs"] = {}) {
  return { type: typeNamed(id), node: { class_type: id, inputs } };
}

test("two nodes are joined by the first output that goes into a free input (checklist 28)", () => {
  expect(freePair(typed("Load"), typed("Sample"))).toEqual({ slot: 0, input: "model" });
  expect(freePair(typed("Load"), typed("Decode"))).toEqual({ slot: 2, input: "vae" });
  expect(freePair(typed("Encode"), typed("Sample"))).toEqual({ slot: 0, input: "positive" });
});

test("inputs that are linked already are left alone (checklist 28)", () => {
  const half = typed("Sample", { positive: ["2", 0] });
  expect(freePair(typed("Encode"), half)).toEqual({ slot: 0, input: "negative" });
  const full = typed("Sample", { positive: ["2", 0], negative: ["2", 0] });
  expect(freePair(typed("Encode"), full)).toBeUndefined();
});

test("nodes that have nothing in common are not joined (checklist 28)", () => {
  expect(freePair(typed("Sample"), typed("Save"))).toBeUndefined();
  expect(freePair(typed("Save"), typed("Load"))).toBeUndefined();
});
