import { expect, test } from "vitest";
import type { WorkflowDocument } from "@/document/types";
import { applyAfterRun, changesAfterRun, nextValue } from "./afterRun";
import { JobBook } from "./jobs";
import { jobProgress, showSeconds } from "./progress";

const document = (
  after: "randomize" | "increment" | "decrement" | "fixed",
  seed: number | bigint | [string, number] = 7,
) =>
  ({
    latentloom: 1,
    graph: { 5: { class_type: "KSampler", inputs: { seed } } },
    layout: { nodes: { 5: { after_run: { seed: after } } } },
  }) as unknown as WorkflowDocument;

test("42: seeds change after a run as they are told to", () => {
  const limits = () => ({ minimum: 0, maximum: 100 });
  const after = (what: Parameters<typeof document>[0], seed?: Parameters<typeof document>[1]) => {
    const doc = document(what, seed);
    applyAfterRun(doc, limits, () => 0.5);
    return doc.graph[5]?.inputs.seed;
  };
  expect(after("fixed")).toBe(7);
  expect(after("increment")).toBe(8);
  expect(after("decrement", 0)).toBe(0);
  expect(after("randomize")).toBe(50);
  expect(after("increment", ["3", 0])).toEqual(["3", 0]);
});

test("42: seeds beyond 2^53 are counted exactly", () => {
  expect(nextValue(18446744073709551614n, "increment", undefined, Math.random)).toBe(18446744073709551615n);
});

test("42: a document without moving seeds is left alone", () => {
  expect(changesAfterRun(document("fixed"))).toBe(false);
  expect(changesAfterRun(document("increment"))).toBe(true);
});

test("43: the steps of samplers make up most of the progress", () => {
  const graph = {
    1: { class_type: "Load", inputs: {} },
    5: { class_type: "KSampler", inputs: { steps: 18 } },
    7: { class_type: "Save", inputs: {} },
  };
  const job = { id: "a", status: "running" as const, submittedAt: 0 };
  const nodes = {
    1: { status: "cached" as const, value: 1, maximum: 1 },
    5: { status: "running" as const, value: 9, maximum: 18 },
  };
  expect(jobProgress({ job, nodes }, graph, ["1", "5", "7"])).toBeCloseTo(0.5);
  expect(jobProgress({ job: undefined, nodes }, graph, ["1"])).toBeUndefined();
});

test("43: times are short", () => {
  expect([0.04, 1, 12.34, 59.96, 185, 7265].map(showSeconds)).toEqual([
    "0.04 s",
    "1.0 s",
    "12.3 s",
    "1:00",
    "3:05",
    "2:01:05",
  ]);
});

test("48: which job belongs to which tab is known after a reload", () => {
  sessionStorage.clear();
  const book = new JobBook(sessionStorage);
  book.add("a", "tab");
  book.add("b", "tab");
  book.remove("a");
  expect(new JobBook(sessionStorage).of("tab")).toEqual(["b"]);
});
