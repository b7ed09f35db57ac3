// What runs: the state of each node in the latest job of a document, by node id. Never part of the document.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Json, JsonObject } from "@/document/json";
import type { NodeId } from "@/document/types";

export type NodeStatus = "waiting" | "running" | "done" | "cached" | "skipped" | "failed";

/** A problem that the server found with a node or one of its inputs. */
export interface Problem {
  readonly code: string;
  /** The node it concerns; `""` where it concerns the whole. Unfolded ids are `use:inner`. */
  readonly node: NodeId;
  readonly input: string;
  readonly message: string;
  readonly details?: JsonObject;
}

export interface NodeFailure {
  readonly message: string;
  readonly kind: string;
  readonly traceback: readonly string[];
}

/** A file that a node saved or shows. */
export interface OutputFile {
  readonly filename: string;
  readonly subfolder: string;
  readonly type: string;
}

export interface NodeRun {
  readonly status: NodeStatus;
  readonly value: number;
  readonly maximum: number;
  /** performance.now() */
  readonly startedAt?: number;
  /** When the first step was told, and which it was: rates leave the start-up out. */
  readonly firstStep?: { readonly at: number; readonly value: number };
  readonly lastStepAt?: number;
  readonly seconds?: number;
  /** How much memory its result takes. */
  readonly nbytes?: number;
  readonly failure?: NodeFailure;
  /** Why it ran or did not, from `/api/v2/plan`. */
  readonly reason?: string;
}

export type JobStatus = "queued" | "running" | "succeeded" | "failed" | "canceled";

export interface JobRun {
  readonly id: string;
  readonly status: JobStatus;
  readonly submittedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

export interface RunState {
  /** The job whose nodes are shown: the latest that began. */
  readonly job: JobRun | undefined;
  /** Jobs of this document that wait or run, oldest first. */
  readonly pending: readonly JobRun[];
  readonly nodes: Readonly<Record<NodeId, NodeRun>>;
  /** Pictures and other files by the node that made them; the last ones stay until there are new ones. */
  readonly outputs: Readonly<Record<NodeId, readonly OutputFile[]>>;
  /** Whatever else nodes show, such as texts. */
  readonly shown: Readonly<Record<NodeId, Readonly<Record<string, Json>>>>;
  /** How large what each output gave last is, such as `1×512×512×3`; by node id. */
  readonly shapes: Readonly<Record<NodeId, readonly string[]>>;
  /** From validation; by node id. */
  readonly problems: Readonly<Record<NodeId, readonly Problem[]>>;
}

export type RunStore = StoreApi<RunState>;

export function createRun(): RunStore {
  return createStore<RunState>(() => ({
    job: undefined,
    pending: [],
    nodes: {},
    outputs: {},
    shown: {},
    shapes: {},
    problems: {},
  }));
}

/** Change the run of one node. */
export function setNodeRun(run: RunStore, id: NodeId, change: Partial<NodeRun>): void {
  run.setState((state) => {
    const before = state.nodes[id] ?? { status: "waiting", value: 0, maximum: 1 };
    return { nodes: { ...state.nodes, [id]: { ...before, ...change } } };
  });
}

/** Steps a second, and seconds until the node is done; undefined until two steps were told. */
export function rateOf(node: NodeRun): { perSecond: number; remainingSeconds: number } | undefined {
  const { firstStep, lastStepAt, value, maximum } = node;
  if (firstStep === undefined || lastStepAt === undefined || value <= firstStep.value) return undefined;
  const perSecond = (value - firstStep.value) / Math.max(0.001, (lastStepAt - firstStep.at) / 1000);
  return { perSecond, remainingSeconds: (maximum - value) / perSecond };
}
