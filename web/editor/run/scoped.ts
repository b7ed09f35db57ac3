// The run of the graph that is shown: nodes inside of subgraphs run as `use:inner`, and a use shows how they do.
import type { NodeId } from "@/document/types";
import type { ViewState } from "@/view/store";
import type { NodeRun, NodeStatus, RunState } from "./store";

/** The ids of nodes that are shown begin with this where the server tells of them: `5:2:`, or nothing at the root. */
export function runPrefix(view: ViewState): string {
  return view.trail.map(({ use }) => `${use}:`).join("");
}

interface Scoped {
  readonly from: RunState;
  readonly prefix: string;
  readonly to: RunState;
}

const latest = new WeakMap<RunState["nodes"], Scoped>();

/** The run as the graph behind a prefix sees it: ids without the prefix, what runs deeper inside gathered at its use.
 * The same state gives the same object. */
export function runIn(state: RunState, prefix: string): RunState {
  if (prefix === "" && !isNested(state)) return state;
  const known = latest.get(state.nodes);
  if (known !== undefined && known.from === state && known.prefix === prefix) return known.to;
  const to: RunState = {
    ...state,
    nodes: gather(withoutSums(state.nodes), prefix, joinRuns),
    problems: gather(state.problems, prefix, (some, more) => [...some, ...more]),
    outputs: gather(state.outputs, prefix, (_, later) => later),
    shown: gather(state.shown, prefix, (some, more) => ({ ...some, ...more })),
    shapes: prefix === "" ? state.shapes : ownOf(state.shapes, prefix),
  };
  latest.set(state.nodes, { from: state, prefix, to });
  return to;
}

function isNested({ nodes, problems, outputs }: RunState): boolean {
  return [nodes, problems, outputs].some((each) => {
    for (const id in each) if (id.includes(":")) return true;
    return false;
  });
}

/** What is told of the nodes of this graph itself. */
function ownOf<T>(all: Readonly<Record<NodeId, T>>, prefix: string): Record<NodeId, T> {
  const own = Object.entries(all).filter(([id]) => id.startsWith(prefix));
  return Object.fromEntries(own.map(([id, value]) => [id.slice(prefix.length), value]));
}

function gather<T>(
  all: Readonly<Record<NodeId, T>>,
  prefix: string,
  join: (some: T, more: T) => T,
): Record<NodeId, T> {
  const found: Record<NodeId, T> = {};
  for (const [id, value] of Object.entries(all)) {
    if (!id.startsWith(prefix)) continue;
    const own = id.slice(prefix.length).split(":", 1)[0] ?? "";
    const before = found[own];
    found[own] = before === undefined ? value : join(before, value);
  }
  return found;
}

/** Uses without their sums, or what is inside of them would count twice. */
function withoutSums(nodes: RunState["nodes"]): RunState["nodes"] {
  const uses = new Set<NodeId>();
  for (const id in nodes)
    for (let at = id.lastIndexOf(":"); at > 0; at = id.lastIndexOf(":", at - 1)) uses.add(id.slice(0, at));
  if (uses.size === 0) return nodes;
  const bare = ({ seconds: _time, nbytes: _memory, ...rest }: NodeRun): NodeRun => rest;
  return Object.fromEntries(Object.entries(nodes).map(([id, run]) => [id, uses.has(id) ? bare(run) : run]));
}

const WEIGHT: Readonly<Record<NodeStatus, number>> = {
  failed: 5,
  running: 4,
  waiting: 3,
  done: 2,
  skipped: 1,
  cached: 0,
};

/** Two runs inside of one use: what matters more is shown, times add up. */
function joinRuns(some: NodeRun, more: NodeRun): NodeRun {
  const shown = WEIGHT[more.status] > WEIGHT[some.status] ? more : some;
  const seconds = (some.seconds ?? 0) + (more.seconds ?? 0);
  const nbytes = (some.nbytes ?? 0) + (more.nbytes ?? 0);
  return { ...shown, ...(seconds > 0 && { seconds }), ...(nbytes > 0 && { nbytes }) };
}
