import { expect, test } from "vitest";
import { runIn } from "./scoped";
import { createRun, type NodeRun } from "./store";

const run = (status: NodeRun["status"], more: Partial<NodeRun> = {}): NodeRun => ({
  status,
  value: 0,
  maximum: 1,
  ...more,
});

test("a use shows how the nodes inside of it do (checklist 38, 43)", () => {
  const state = {
    ...createRun().getState(),
    nodes: {
      "1": run("done"),
      "5:1": run("done", { seconds: 1 }),
      "5:2": run("running", { value: 3, maximum: 8 }),
      "5:2:7": run("cached", { seconds: 2 }),
    },
  };
  const outside = runIn(state, "");
  expect(Object.keys(outside.nodes)).toEqual(["1", "5"]);
  expect(outside.nodes["5"]).toMatchObject({ status: "running", value: 3, seconds: 3 });
  expect(runIn(state, "")).toBe(outside);
  const inside = runIn(state, "5:");
  expect(inside.nodes["1"]?.status).toBe("done");
  expect(inside.nodes["2"]?.status).toBe("running");
});

test("time and memory inside of a use count once (checklist 49)", () => {
  const nodes = {
    "5": run("done", { seconds: 3, nbytes: 30 }),
    "5:1": run("done", { seconds: 1, nbytes: 10 }),
    "5:2": run("done", { seconds: 2, nbytes: 20 }),
    "5:2:7": run("done", { seconds: 2, nbytes: 20 }),
  };
  const state = { ...createRun().getState(), nodes };
  expect(runIn(state, "").nodes["5"]).toMatchObject({ seconds: 3, nbytes: 30 });
  expect(runIn(state, "5:").nodes["2"]).toMatchObject({ seconds: 2, nbytes: 20 });
});

test("without subgraphs the run is passed on as it is", () => {
  const state = { ...createRun().getState(), nodes: { "1": run("done") } };
  expect(runIn(state, "")).toBe(state);
});
