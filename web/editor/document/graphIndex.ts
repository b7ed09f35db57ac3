// Who is linked to whom in one graph; kept up to date node by node as the document changes.
import { type Graph, isLink, type NodeId } from "./types";

/** A link, seen from both ends. */
export interface Wire {
  readonly from: NodeId;
  readonly slot: number;
  readonly to: NodeId;
  readonly input: string;
}

/** A name for a wire: every input holds at most one, so the input names it. */
export type WireKey = string;

export function wireKey(to: NodeId, input: string): WireKey {
  return `${to}\n${input}`;
}

const NONE: readonly Wire[] = [];
const NOBODY: ReadonlyMap<string, Wire> = new Map();

/** Answers what feeds a node and what it feeds. */
export class GraphIndex {
  private readonly incoming = new Map<NodeId, Map<string, Wire>>();
  private readonly outgoing = new Map<NodeId, Set<Wire>>();

  constructor(graph: Graph) {
    for (const id of Object.keys(graph)) this.refresh(graph, id);
  }

  /** Look at one node again: it was added, changed or removed. */
  refresh(graph: Graph, id: NodeId): void {
    for (const wire of this.incoming.get(id)?.values() ?? NONE) this.outgoing.get(wire.from)?.delete(wire);
    this.incoming.delete(id);
    const node = graph[id];
    if (node === undefined) return;
    const found = new Map<string, Wire>();
    for (const [input, value] of Object.entries(node.inputs ?? {})) {
      if (!isLink(value)) continue;
      const wire: Wire = { from: String(value[0]), slot: value[1], to: id, input };
      found.set(input, wire);
      const fed = this.outgoing.get(wire.from);
      if (fed === undefined) this.outgoing.set(wire.from, new Set([wire]));
      else fed.add(wire);
    }
    if (found.size > 0) this.incoming.set(id, found);
  }

  /** The wires into a node, by input. */
  into(id: NodeId): ReadonlyMap<string, Wire> {
    return this.incoming.get(id) ?? NOBODY;
  }

  /** The wires out of a node, of one output or of all. */
  outOf(id: NodeId, slot?: number): Wire[] {
    const all = [...(this.outgoing.get(id) ?? NONE)];
    return slot === undefined ? all : all.filter((wire) => wire.slot === slot);
  }

  /** Every wire of the graph. */
  *wires(): Generator<Wire> {
    for (const inputs of this.incoming.values()) yield* inputs.values();
  }

  /** A node with everything that feeds it, directly or not. */
  upstream(ids: Iterable<NodeId>): Set<NodeId> {
    return reach(ids, (id) => [...this.into(id).values()].map((wire) => wire.from));
  }

  /** A node with everything that it feeds, directly or not. */
  downstream(ids: Iterable<NodeId>): Set<NodeId> {
    return reach(ids, (id) => this.outOf(id).map((wire) => wire.to));
  }

  /** Whether a link from one node into another would close a circle. */
  wouldCycle(from: NodeId, to: NodeId): boolean {
    return this.upstream([from]).has(to);
  }
}

function reach(starts: Iterable<NodeId>, next: (id: NodeId) => NodeId[]): Set<NodeId> {
  const seen = new Set<NodeId>(starts);
  const waiting = [...seen];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const other of next(id)) {
      if (!seen.has(other)) {
        seen.add(other);
        waiting.push(other);
      }
    }
  }
  return seen;
}
