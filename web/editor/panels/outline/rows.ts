// The graph as a tree of rows: groups, their nodes, and the inputs of nodes with what feeds them.
import { inputsOf, type TypeLookup, typeOfNode } from "@/catalogue/nodeTypes";
import { accepts } from "@/catalogue/sockets";
import type { InputType } from "@/catalogue/types";
import type { GraphIndex } from "@/document/graphIndex";
import {
  type GraphPart,
  isLink,
  type Mode,
  type NodeId,
  titleOf,
  type WorkflowDocument,
} from "@/document/types";

export type Row = {
  readonly key: string;
  readonly level: number;
  readonly isOpen: boolean | undefined;
  readonly label: string;
  /** Which of its siblings it is, from 1, and how many there are. */
  readonly place: number;
  readonly count: number;
} & (
  | { readonly kind: "group"; readonly id: string }
  | { readonly kind: "node"; readonly node: NodeId; readonly mode: Mode; readonly typeTitle: string }
  | {
      readonly kind: "input";
      readonly node: NodeId;
      readonly input: InputType;
      /** What feeds it, or the value it holds; undefined if neither. */
      readonly source: string | undefined;
      readonly isLinked: boolean;
    }
);

export interface OutlineFacts {
  readonly part: GraphPart;
  readonly document: WorkflowDocument;
  readonly lookup: TypeLookup;
  readonly index: GraphIndex;
  readonly open: ReadonlySet<string>;
  readonly query: string;
}

/** The rows that are shown. With a query all nodes that match are, whatever is open. */
export function outlineRows(facts: OutlineFacts): Row[] {
  const { part, open } = facts;
  const query = facts.query.trim().toLowerCase();
  const order = inOrder(Object.keys(part.graph), facts.index);
  if (query !== "") {
    const found = order.filter((id) => labelOf(facts, id).toLowerCase().includes(query));
    return found.flatMap((id, at) => nodeRows(facts, id, 1, at + 1, found.length));
  }
  const groups = Object.entries(part.layout?.groups ?? {});
  const grouped = new Set(groups.flatMap(([, group]) => group.nodes ?? []));
  const loose = order.filter((id) => !grouped.has(id));
  const count = groups.length + loose.length;
  const rows: Row[] = groups.flatMap(([id, group], at): Row[] => {
    const key = `group:${id}`;
    const isOpen = !open.has(`closed ${key}`);
    const members = order.filter((node) => group.nodes?.includes(node));
    const head: Row = {
      kind: "group",
      key,
      id,
      level: 1,
      isOpen,
      label: group.title || id,
      place: at + 1,
      count,
    };
    if (!isOpen) return [head];
    return [head, ...members.flatMap((node, place) => nodeRows(facts, node, 2, place + 1, members.length))];
  });
  return [...rows, ...loose.flatMap((id, at) => nodeRows(facts, id, 1, groups.length + at + 1, count))];
}

function labelOf({ part, document, lookup }: OutlineFacts, id: NodeId): string {
  const node = part.graph[id];
  return node === undefined ? id : titleOf(node, typeOfNode(node, document, lookup).title);
}

function nodeRows(facts: OutlineFacts, id: NodeId, level: number, place: number, count: number): Row[] {
  const node = facts.part.graph[id];
  if (node === undefined) return [];
  const key = `node:${id}`;
  const isOpen = facts.open.has(key);
  const type = typeOfNode(node, facts.document, facts.lookup);
  const head: Row = {
    kind: "node",
    key,
    node: id,
    level,
    isOpen,
    label: titleOf(node, type.title),
    place,
    count,
    mode: facts.part.layout?.nodes?.[id]?.mode ?? "normal",
    typeTitle: type.title,
  };
  if (!isOpen) return [head];
  const inputs = inputsOf(type, node);
  return [
    head,
    ...inputs.map((input, at): Row => {
      const value = node.inputs[input.name];
      return {
        kind: "input",
        key: `${key} ${input.name}`,
        node: id,
        input,
        level: level + 1,
        isOpen: undefined,
        label: input.name.replaceAll("_", " "),
        place: at + 1,
        count: inputs.length,
        isLinked: isLink(value),
        source: isLink(value)
          ? labelOf(facts, String(value[0]))
          : value === undefined || value === null
            ? undefined
            : String(value).slice(0, 60),
      };
    }),
  ];
}

/** Nodes in the order in which they run: what feeds others comes first. */
export function inOrder(ids: readonly NodeId[], index: GraphIndex): NodeId[] {
  const done = new Set<NodeId>();
  const order: NodeId[] = [];
  const known = new Set(ids);
  const visit = (start: NodeId) => {
    const stack: { id: NodeId; isReady: boolean }[] = [{ id: start, isReady: false }];
    for (let each = stack.pop(); each !== undefined; each = stack.pop()) {
      if (each.isReady) order.push(each.id);
      if (done.has(each.id) || each.isReady) continue;
      done.add(each.id);
      stack.push({ id: each.id, isReady: true });
      for (const wire of [...index.into(each.id).values()].reverse())
        if (known.has(wire.from) && !done.has(wire.from)) stack.push({ id: wire.from, isReady: false });
    }
  };
  for (const id of ids) visit(id);
  return order;
}

export interface Source {
  readonly node: NodeId;
  readonly slot: number;
  readonly label: string;
}

/** The outputs that can be linked to an input: of a fitting type, and not fed by its own node. */
export function sourcesFor(facts: OutlineFacts, node: NodeId, input: InputType): Source[] {
  const closed = facts.index.downstream([node]);
  return inOrder(Object.keys(facts.part.graph), facts.index).flatMap((id) => {
    const found = facts.part.graph[id];
    if (found === undefined || closed.has(id)) return [];
    const type = typeOfNode(found, facts.document, facts.lookup);
    return type.outputs.flatMap((output, slot) =>
      accepts(input.type, output.type)
        ? [{ node: id, slot, label: `${titleOf(found, type.title)}: ${output.name}` }]
        : [],
    );
  });
}
