// Problems by the node that shows them.
import type { NodeId } from "@/document/types";
import { shownAt } from "./events";
import type { Problem } from "./store";

/** Problems by node; what is wrong inside of a subgraph is also shown at the nodes around it, without the input. */
export function byNode(problems: readonly Problem[]): Record<NodeId, Problem[]> {
  const found: Record<NodeId, Problem[]> = {};
  for (const problem of problems) {
    for (const [depth, id] of shownAt(problem.node).entries()) {
      found[id] ??= [];
      found[id].push(depth === 0 ? problem : { ...problem, input: "" });
    }
  }
  return found;
}

/** Whether two sets of problems say the same. */
export function sameProblems(
  a: Readonly<Record<NodeId, readonly Problem[]>>,
  b: Readonly<Record<NodeId, readonly Problem[]>>,
): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
