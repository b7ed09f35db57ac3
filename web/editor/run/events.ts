// What the server tells about a job, put into the run state of its document. Messages: docs/api.md.
import type { SocketMessage } from "@/api/socket";
import { isObject, type Json } from "@/document/json";
import type { NodeId } from "@/document/types";
import type {
  JobRun,
  JobStatus,
  NodeFailure,
  NodeRun,
  NodeStatus,
  OutputFile,
  RunState,
  RunStore,
} from "./store";

type Nodes = Record<NodeId, NodeRun>;

const FRESH: NodeRun = { status: "waiting", value: 0, maximum: 1 };
/** What becomes of nodes that ran when their job ended. */
const LEFT: Readonly<Record<"succeeded" | "failed" | "canceled", NodeStatus | undefined>> = {
  succeeded: "done",
  failed: undefined,
  canceled: undefined,
};

/** Take a message into account. Returns whether the job is over with it.
 *
 * @param now performance.now()
 */
export function takeMessage(run: RunStore, { type, data }: SocketMessage, now: number): boolean {
  const job = String(data.prompt_id ?? "");
  switch (type) {
    case "execution_start":
      run.setState((state) => started(state, job));
      return false;
    case "execution_cached":
      editNodes(run, (nodes) => {
        for (const id of textsIn(data.nodes)) note(nodes, id, { status: "cached", value: 1, maximum: 1 });
      });
      return false;
    case "progress_state":
      editNodes(run, (nodes) => takeProgressState(nodes, data.nodes, now));
      return false;
    case "progress":
      editNodes(run, (nodes) => takeStep(nodes, data, now));
      return false;
    case "executed":
      if (isObject(data.output)) showOutput(run, String(data.display_node ?? data.node), data.output);
      return false;
    case "execution_error":
      return takeError(run, data, job);
    case "execution_success":
      endJob(run, job, "succeeded");
      return true;
    case "execution_interrupted":
      endJob(run, job, "canceled");
      return true;
    default:
      return false;
  }
}

/** The ids under which a node is shown: its own, and those of the subgraph nodes around it. */
export function shownAt(id: NodeId): NodeId[] {
  const parts = id.split(":");
  return parts.map((_, at) => parts.slice(0, parts.length - at).join(":"));
}

/** Note that a job waits for its turn. */
export function addPending(run: RunStore, id: string, at = Date.now()): void {
  run.setState(({ pending }) =>
    pending.some((each) => each.id === id)
      ? {}
      : { pending: [...pending, { id, status: "queued", submittedAt: at }] },
  );
}

/** Forget a job that was refused or taken out of the queue. */
export function dropPending(run: RunStore, id: string): void {
  run.setState(({ pending }) => ({ pending: pending.filter((each) => each.id !== id) }));
}

/** Note that a job is over. */
export function endJob(run: RunStore, id: string, status: "succeeded" | "failed" | "canceled"): void {
  run.setState((state) => {
    const pending = state.pending.filter((each) => each.id !== id);
    if (state.job?.id !== id) return { pending };
    const nodes: Nodes = { ...state.nodes };
    for (const [node, each] of Object.entries(nodes)) {
      if (each.status !== "running") continue;
      const left = LEFT[status];
      if (left === undefined) delete nodes[node];
      else nodes[node] = { ...each, status: left };
    }
    return { pending, nodes, job: { ...state.job, status, endedAt: Date.now() } };
  });
}

/** What a node shows: its files, and everything else. */
export function showOutput(run: RunStore, id: NodeId, output: Readonly<Record<string, Json>>): void {
  const files: OutputFile[] = [];
  const rest: Record<string, Json> = {};
  for (const [kind, entries] of Object.entries(output)) {
    const found = Array.isArray(entries) ? entries.filter(isFile) : [];
    if (found.length > 0) files.push(...(found as unknown as OutputFile[]));
    else rest[kind] = entries;
  }
  run.setState(({ outputs, shown }) => {
    const ids = shownAt(id);
    return {
      ...(files.length > 0
        ? { outputs: { ...outputs, ...Object.fromEntries(ids.map((each) => [each, files])) } }
        : {}),
      ...(Object.keys(rest).length > 0
        ? { shown: { ...shown, ...Object.fromEntries(ids.map((each) => [each, rest])) } }
        : {}),
    };
  });
}

/** Change several nodes at once. */
export function editNodes(run: RunStore, change: (nodes: Nodes) => void): void {
  run.setState((state) => {
    const nodes: Nodes = { ...state.nodes };
    change(nodes);
    return { nodes };
  });
}

/** Change a node, and let the subgraph nodes around it follow. */
export function note(nodes: Nodes, id: NodeId, change: Partial<NodeRun>): void {
  const before = nodes[id] ?? FRESH;
  nodes[id] = { ...before, ...change };
  const [, ...around] = shownAt(id);
  for (const each of around) {
    const outer = nodes[each];
    const isWeak = change.status === "cached" && outer !== undefined && outer.status !== "cached";
    if (isWeak || outer?.status === "failed") continue;
    const seconds = (outer?.seconds ?? 0) + (change.seconds ?? 0);
    const nbytes = (outer?.nbytes ?? 0) + (change.nbytes ?? 0);
    const { seconds: _own, nbytes: _its, failure, ...rest } = change;
    nodes[each] = {
      ...(outer ?? FRESH),
      ...rest,
      ...(failure === undefined ? {} : { failure }),
      ...(seconds > 0 ? { seconds } : {}),
      ...(nbytes > 0 ? { nbytes } : {}),
    };
  }
}

function started(state: RunState, id: string): Partial<RunState> {
  const known = state.pending.find((each) => each.id === id);
  const job: JobRun = {
    id,
    status: "running",
    submittedAt: known?.submittedAt ?? Date.now(),
    startedAt: Date.now(),
  };
  const pending = state.pending.map((each) => (each.id === id ? job : each));
  return { job, pending: known === undefined ? [...pending, job] : pending, nodes: {} };
}

function takeProgressState(nodes: Nodes, told: unknown, now: number): void {
  if (!isObject(told)) return;
  for (const facts of Object.values(told)) {
    if (!isObject(facts)) continue;
    const id = String(facts.display_node_id ?? facts.node_id);
    const before = nodes[id];
    if (facts.state === "running") {
      const wasRunning = before?.status === "running";
      note(nodes, id, {
        status: "running",
        value: Number(facts.value),
        maximum: Number(facts.max),
        ...(wasRunning ? {} : { startedAt: now }),
      });
    } else if (facts.state === "finished" && before?.status !== "failed" && before?.status !== "skipped") {
      const seconds = before?.startedAt === undefined ? undefined : (now - before.startedAt) / 1000;
      const wasRunning = before?.status === "running";
      note(nodes, id, {
        status: wasRunning ? "done" : (before?.status ?? "skipped"),
        value: 1,
        maximum: 1,
        ...(wasRunning && seconds !== undefined ? { seconds } : {}),
      });
    } else if (facts.state === "error") note(nodes, id, { status: "failed" });
  }
}

function takeStep(nodes: Nodes, data: SocketMessage["data"], now: number): void {
  const id = String(data.node);
  const value = Number(data.value);
  const before = nodes[id];
  const isFirst = before?.firstStep === undefined || value < before.firstStep.value;
  note(nodes, id, {
    status: "running",
    value,
    maximum: Number(data.max),
    lastStepAt: now,
    ...(isFirst ? { firstStep: { at: now, value } } : {}),
  });
}

function takeError(run: RunStore, data: SocketMessage["data"], job: string): boolean {
  const isBlocked = data.exception_type === "ExecutionBlocked";
  const id = data.node_id === null || data.node_id === undefined ? undefined : String(data.node_id);
  const failure: NodeFailure = {
    message: String(data.exception_message ?? ""),
    kind: String(data.exception_type ?? ""),
    traceback: textsIn(data.traceback),
  };
  if (id !== undefined)
    editNodes(run, (nodes) => note(nodes, id, { status: isBlocked ? "skipped" : "failed", failure }));
  if (!isBlocked) endJob(run, job, "failed");
  return !isBlocked;
}

/** The status of a job as the run state knows it. */
export function jobStatus(state: string): JobStatus {
  if (state === "canceling") return "running";
  return state === "expired" ? "canceled" : (state as JobStatus);
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function isFile(entry: Json): boolean {
  return isObject(entry) && typeof entry.filename === "string";
}
