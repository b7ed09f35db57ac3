// How far a job is, as one number: the steps of samplers count, everything else counts as one step.
import type { GraphIndex } from "@/document/graphIndex";
import type { Graph, NodeId } from "@/document/types";
import type { RunState } from "./store";

const MOST_STEPS = 1000;

/** The share of a running job that is done, from 0 to 1; undefined while none runs. */
export function jobProgress(
  { job, nodes }: Pick<RunState, "job" | "nodes">,
  graph: Graph,
  needed: Iterable<NodeId>,
): number | undefined {
  if (job?.status !== "running") return undefined;
  let whole = 0;
  let done = 0;
  for (const id of needed) {
    const run = nodes[id];
    const steps = run?.status === "running" ? run.maximum : stepsOf(graph, id);
    whole += steps;
    if (run === undefined || run.status === "waiting") continue;
    done += run.status === "running" ? Math.min(run.value, steps) : steps;
  }
  return whole === 0 ? 0 : Math.min(1, done / whole);
}

/** The nodes that outputs need. */
export function neededBy(index: GraphIndex, outputs: Iterable<NodeId>): Set<NodeId> {
  return index.upstream(outputs);
}

function stepsOf(graph: Graph, id: NodeId): number {
  const steps = graph[id]?.inputs?.steps;
  return typeof steps === "number" && steps > 1 ? Math.min(steps, MOST_STEPS) : 1;
}

/** Seconds as people read them on a node: `0.04 s`, `12.3 s`, `3:05`. */
export function showSeconds(seconds: number): string {
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
