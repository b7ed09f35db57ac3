import { expect, test } from "vitest";
import type { Change, Difference } from "@/api/workflows";
import { changeRows, nodesIn } from "./changes";

const from = (before: Change["before"], after: Change["after"]): Change => ({
  before,
  after,
  was_there: before !== null,
  is_there: after !== null,
});
const SAME: Difference = {
  added: [],
  removed: [],
  changed: [],
  modes: {},
  parameters: {},
  subgraphs_added: [],
  subgraphs_removed: [],
  subgraphs_changed: {},
  has_moved: false,
};

test("41: what two versions do differently is listed, and says which nodes to mark", () => {
  const rows = changeRows({
    ...SAME,
    added: [{ id: "8", type: "LoraLoader", title: "" }],
    removed: [{ id: "4", type: "Blur", title: "Soft" }],
    changed: [
      {
        id: "5",
        type: "KSampler",
        title: "Sampler",
        retyped: null,
        renamed: null,
        inputs: { steps: from(20, 30), model: from(["1", 0], ["8", 0]) },
      },
    ],
    modes: { 5: from("normal", "mute"), 6: from("normal", "bypass") },
    parameters: { Prompt: from(null, "a cat") },
  });
  expect(rows.map(({ kind, title, node }) => [kind, title, node])).toEqual([
    ["added", "LoraLoader", "8"],
    ["removed", "Soft", undefined],
    ["changed", "Sampler", "5"],
    ["changed", "6", "6"],
    ["changed", "Prompt", undefined],
  ]);
  expect(rows[2]?.values.map(({ name, before, after }) => `${name}: ${before} > ${after}`)).toEqual([
    "steps: 20 > 30",
    "model: ← 1 > ← 8",
    "mode: normal > mute",
  ]);
  expect(rows[4]?.values[0]).toMatchObject({ before: "–", after: "a cat" });
  expect(nodesIn(rows)).toEqual(["8", "5", "6"]);
});

test("41: nodes inside of subgraphs are named with the subgraph, and lead nowhere", () => {
  const inner = { added: [{ id: "1", type: "Blur", title: "" }], removed: [], changed: [] };
  const [row] = changeRows({ ...SAME, subgraphs_changed: { "sub-1": inner } });
  expect(row).toMatchObject({ title: "sub-1 / Blur", node: undefined });
  expect(changeRows({ ...SAME, has_moved: true })).toEqual([]);
});
