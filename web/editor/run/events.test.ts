import { beforeEach, expect, test } from "vitest";
import { addPending, dropPending, shownAt, takeMessage } from "./events";
import { byNode } from "./problems";
import { takeNodeRuns } from "./resume";
import { createRun, type RunStore, rateOf } from "./store";

let run: RunStore;
const tell = (type: string, data: Record<string, unknown>, now = 0) => takeMessage(run, { type, data }, now);
const state = (id: string, told: string, value = 0, max = 1) => ({
  prompt_id: "job",
  nodes: { [id]: { node_id: id, display_node_id: id, state: told, value, max } },
});

beforeEach(() => {
  run = createRun();
  addPending(run, "job");
  tell("execution_start", { prompt_id: "job" });
});

test("43: a running node counts its steps, and tells steps a second and the time that is left", () => {
  tell("progress_state", state("5", "running", 0, 20), 1000);
  for (const [value, now] of [
    [1, 3000],
    [2, 3500],
    [3, 4000],
  ] as const)
    tell("progress", { prompt_id: "job", node: "5", value, max: 20 }, now);
  const node = run.getState().nodes["5"];
  expect(node).toMatchObject({ status: "running", value: 3, maximum: 20, startedAt: 1000 });
  const rate = node === undefined ? undefined : rateOf(node);
  expect(rate?.perSecond).toBeCloseTo(2);
  expect(rate?.remainingSeconds).toBeCloseTo(8.5);
});

test("49: a node that ran, one that was cached and one that was skipped are told apart", () => {
  tell("execution_cached", { prompt_id: "job", nodes: ["1"] });
  tell("progress_state", state("2", "running"), 0);
  tell("progress_state", state("2", "finished", 1), 250);
  tell("execution_error", {
    prompt_id: "job",
    node_id: "3",
    exception_type: "ExecutionBlocked",
    exception_message: "no",
  });
  const { nodes, job } = run.getState();
  expect(nodes["1"]?.status).toBe("cached");
  expect(nodes["2"]).toMatchObject({ status: "done", seconds: 0.25 });
  expect(nodes["3"]).toMatchObject({ status: "skipped", failure: { message: "no" } });
  expect(job?.status).toBe("running");
});

test("45: the node that failed has the cause and the trace, and the job is over", () => {
  tell("progress_state", state("5", "running"));
  const error = {
    node_id: "5",
    exception_type: "ValueError",
    exception_message: "too bad",
    traceback: ["line\n"],
  };
  expect(tell("execution_error", { prompt_id: "job", ...error })).toBe(true);
  expect(run.getState().nodes["5"]).toMatchObject({
    status: "failed",
    failure: { message: "too bad", kind: "ValueError", traceback: ["line\n"] },
  });
  expect(run.getState()).toMatchObject({ pending: [], job: { status: "failed" } });
});

test("42: what was stopped runs no longer, and its node is as before", () => {
  tell("progress_state", state("5", "running"));
  expect(tell("execution_interrupted", { prompt_id: "job" })).toBe(true);
  expect(run.getState().nodes["5"]).toBeUndefined();
  expect(run.getState().job?.status).toBe("canceled");
});

test("nodes inside of subgraphs show at the nodes around them", () => {
  expect(shownAt("5:1:3")).toEqual(["5:1:3", "5:1", "5"]);
  tell("progress_state", state("5:1", "running", 0, 10), 0);
  tell("progress", { prompt_id: "job", node: "5:1", value: 4, max: 10 }, 100);
  expect(run.getState().nodes["5"]).toMatchObject({ status: "running", value: 4, maximum: 10 });
  tell("progress_state", state("5:1", "finished", 1), 1000);
  tell("execution_cached", { prompt_id: "job", nodes: ["5:2"] });
  expect(run.getState().nodes["5"]).toMatchObject({ status: "done", seconds: 1 });
  tell("executed", {
    prompt_id: "job",
    node: "5:9",
    output: { images: [{ filename: "a.png", subfolder: "", type: "output" }] },
  });
  expect(run.getState().outputs["5"]).toHaveLength(1);
  expect(run.getState().outputs["5:9"]).toHaveLength(1);
});

test("files and texts that a node shows are kept apart, and stay until there are new ones", () => {
  const images = [{ filename: "a.png", subfolder: "x", type: "output" }];
  tell("executed", { prompt_id: "job", node: "7", output: { images, text: ["hello"] } });
  tell("execution_success", { prompt_id: "job" });
  addPending(run, "next");
  tell("execution_start", { prompt_id: "next" });
  expect(run.getState().outputs["7"]).toEqual(images);
  expect(run.getState().shown["7"]).toEqual({ text: ["hello"] });
  expect(run.getState().nodes).toEqual({});
});

test("48: after a lost connection the account of the server takes the place of what is known", () => {
  tell("progress_state", state("5", "running"));
  const base = {
    shown_by: "",
    type: "T",
    tier: null,
    reason: "",
    seconds: null,
    nbytes: null,
    shapes: [],
    value: 0,
    maximum: 1,
    ui: null,
  };
  const over = takeNodeRuns(
    run,
    "job",
    {
      status: "succeeded",
      started_at: "2026-01-01T00:00:00Z",
      completed_at: "2026-01-01T00:00:09Z",
      error: null,
      nodes: [
        { ...base, id: "1", shown_by: "1", state: "cached", tier: "disk" },
        {
          ...base,
          id: "5",
          shown_by: "5",
          state: "done",
          seconds: 2.5,
          nbytes: 4096,
          reason: 'input "steps" changed',
        },
        {
          ...base,
          id: "7",
          shown_by: "7",
          state: "done",
          seconds: 0.1,
          ui: { images: [{ filename: "b.png", subfolder: "", type: "output" }] },
        },
      ],
    },
    0,
  );
  expect(over).toBe(true);
  const { nodes, job, outputs, pending } = run.getState();
  expect(nodes["5"]).toMatchObject({
    status: "done",
    seconds: 2.5,
    nbytes: 4096,
    reason: 'input "steps" changed',
  });
  expect(nodes["1"]).toMatchObject({ status: "cached", reason: "disk" });
  expect(outputs["7"]?.[0]?.filename).toBe("b.png");
  expect([job?.status, pending]).toEqual(["succeeded", []]);
});

test("47: a job that was taken out of the queue is forgotten, the others wait on", () => {
  addPending(run, "second");
  addPending(run, "second");
  dropPending(run, "job");
  expect(run.getState().pending.map((each) => each.id)).toEqual(["second"]);
});

test("45: problems inside of a subgraph are shown at the node around it, without the input", () => {
  const found = byNode([{ code: "x", node: "5:1", input: "steps", message: "bad" }]);
  expect(found["5:1"]?.[0]?.input).toBe("steps");
  expect(found["5"]?.[0]).toMatchObject({ input: "", message: "bad" });
});
