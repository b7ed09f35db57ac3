// What became of a job, as the server knows it: fills the run state after a lost connection, after a reload, and at the
// end of each job, when the server knows times and reasons exactly.
import type { NodeRunReply, NodeRuns } from "@/api/jobs";
import { addPending, endJob, jobStatus, note, showOutput } from "./events";
import type { NodeFailure, NodeRun, NodeStatus, RunStore } from "./store";

const STATES: Readonly<Record<NodeRunReply["state"], NodeStatus | undefined>> = {
  running: "running",
  done: "done",
  cached: "cached",
  skipped: "skipped",
  failed: "failed",
  stopped: undefined,
};

/** Put the server's account of a job in place of what is known of it. Returns whether the job is over. */
export function takeNodeRuns(run: RunStore, id: string, told: NodeRuns, now: number): boolean {
  const status = jobStatus(told.status);
  if (status === "queued") {
    addPending(run, id);
    return false;
  }
  const before = run.getState().nodes;
  const nodes: Record<string, NodeRun> = {};
  for (const each of told.nodes) {
    const state = STATES[each.state];
    if (state !== undefined) note(nodes, each.shown_by, runOf(each, state, told, before[each.shown_by], now));
  }
  const started = told.started_at === null ? Date.now() : Date.parse(told.started_at);
  const sized = told.nodes.filter((each) => each.shapes.length > 0);
  run.setState((current) => {
    const job = { id, status, submittedAt: started, startedAt: started };
    const others = current.pending.filter((each) => each.id !== id);
    const known = current.pending.find((each) => each.id === id);
    return {
      job: { ...job, submittedAt: known?.submittedAt ?? started },
      nodes,
      shapes: { ...current.shapes, ...Object.fromEntries(sized.map((each) => [each.shown_by, each.shapes])) },
      pending: status === "running" ? [job, ...others] : others,
    };
  });
  for (const each of told.nodes) if (each.ui !== null) showOutput(run, each.shown_by, each.ui);
  if (status === "running") return false;
  endJob(run, id, status);
  return true;
}

function runOf(
  told: NodeRunReply,
  status: NodeStatus,
  job: NodeRuns,
  before: NodeRun | undefined,
  now: number,
): Partial<NodeRun> {
  const failure = failureOf(told, job);
  return {
    ...(before?.status === "running" && status === "running" ? before : {}),
    status,
    value: status === "running" ? told.value : 1,
    maximum: status === "running" ? told.maximum : 1,
    reason: told.reason || (told.tier ?? ""),
    ...(status === "running" && before?.startedAt === undefined ? { startedAt: now } : {}),
    ...(told.seconds === null ? {} : { seconds: told.seconds }),
    ...(told.nbytes === null ? {} : { nbytes: told.nbytes }),
    ...(failure === undefined ? {} : { failure }),
  };
}

function failureOf(told: NodeRunReply, { error }: NodeRuns): NodeFailure | undefined {
  if (told.state === "skipped" && told.reason !== "")
    return { message: told.reason, kind: "ExecutionBlocked", traceback: [] };
  if (told.state !== "failed" || error === null) return undefined;
  return {
    message: error.message,
    kind: error.code,
    traceback: error.traceback === null ? [] : [error.traceback],
  };
}
