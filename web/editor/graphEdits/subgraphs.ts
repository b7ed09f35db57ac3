// Makes a subgraph of a selection, and puts the content of one back in its place. The editor never flattens for a run:
// the server unfolds.
import { current, isDraft } from "immer";
import { GraphIndex, type Wire } from "@/document/graphIndex";
import type { JsonObject } from "@/document/json";
import {
  type Definition,
  type DefinitionInput,
  draftAt,
  type GraphPart,
  isLink,
  type Layout,
  type NodeId,
  type Point,
  partAt,
  type Scope,
  type WorkflowDocument,
} from "@/document/types";
import { clipboardText, copyOf, documentInText, paste } from "./clipboard";
import { freeId, layoutOf, removeNodes } from "./nodes";
import { freeName, promoteInput } from "./promoting";
import { dropUnused } from "./uses";

const NO_LINKS = new GraphIndex({});

export interface SubgraphWish {
  readonly id: Scope;
  readonly title: string;
  readonly nodes: readonly NodeId[];
  readonly groups: readonly string[];
  readonly notes: readonly string[];
  /** The name and type of an output of a node. */
  readonly outputOf: (node: NodeId, slot: number) => { readonly name: string; readonly type: string };
  /** Where the node goes that stands for them. */
  readonly at: Point;
}

/** Whether a link leads out of the nodes and, by others, back into them: as one node they would wait for themselves. */
export function closesCircle(ids: readonly NodeId[], index: GraphIndex): boolean {
  const inside = new Set(ids);
  const after = ids.flatMap((id) => index.outOf(id)).filter((wire) => !inside.has(wire.to));
  const reached = index.downstream(after.map((wire) => wire.to));
  return ids.some((id) => reached.has(id));
}

/** Put nodes into a new definition and one node in their place; returns its id. */
export function makeSubgraph(
  doc: WorkflowDocument,
  scope: Scope,
  wish: SubgraphWish,
  index: GraphIndex,
): NodeId {
  const { graph, layout } = draftAt(doc, scope);
  const inside = new Set(wish.nodes);
  const inner: Definition = { title: wish.title, graph: {}, layout: {}, inputs: [], outputs: [] };
  const use = freeId(graph);
  const sources = inputsFrom(wish.nodes, inside, index);
  const outgoing = wish.nodes.flatMap((id) => index.outOf(id)).filter((wire) => !inside.has(wire.to));
  takeNodes({ graph, layout }, inner, wish);
  doc.subgraphs ??= {};
  doc.subgraphs[wish.id] = inner;
  graph[use] = { class_type: wish.id, inputs: {} };
  layoutOf(layout, use).position = [Math.round(wish.at[0]), Math.round(wish.at[1])];
  for (const { wires } of sources) promoteWires(doc, scope, wish.id, use, wires);
  for (const wire of outgoing) {
    const node = graph[wire.to];
    if (node !== undefined) node.inputs[wire.input] = [use, outputFor(inner, wire, wish)];
  }
  moveParameters(doc, layout, wish, use);
  moveInterface(doc, scope, wish, use, inner);
  return use;
}

/** The links into a selection, one bundle for each output that they come from. */
function inputsFrom(
  ids: readonly NodeId[],
  inside: ReadonlySet<NodeId>,
  index: GraphIndex,
): { wires: Wire[] }[] {
  const bundles = new Map<string, { wires: Wire[] }>();
  for (const id of ids) {
    for (const wire of index.into(id).values()) {
      if (inside.has(wire.from)) continue;
      const key = `${wire.from}\n${wire.slot}`;
      const bundle = bundles.get(key);
      if (bundle === undefined) bundles.set(key, { wires: [wire] });
      else bundle.wires.push(wire);
    }
  }
  return [...bundles.values()];
}

function takeNodes(outer: GraphPart & { layout: Layout }, inner: Definition, wish: SubgraphWish): void {
  const to: Layout = inner.layout ?? {};
  inner.layout = to;
  for (const id of wish.nodes) {
    const node = outer.graph[id];
    if (node === undefined) continue;
    inner.graph[id] = node;
    delete outer.graph[id];
    move(outer.layout, to, "nodes", id);
    move(outer.layout, to, "links", id);
  }
  for (const id of wish.groups) move(outer.layout, to, "groups", id);
  for (const id of wish.notes) move(outer.layout, to, "notes", id);
  const gone = new Set(wish.nodes);
  for (const group of Object.values(outer.layout.groups ?? {})) {
    if (group.nodes?.some((id) => gone.has(id))) group.nodes = group.nodes.filter((id) => !gone.has(id));
  }
}

function move(from: Layout, to: Layout, kind: "nodes" | "links" | "groups" | "notes", id: string): void {
  const value = from[kind]?.[id];
  if (value === undefined) return;
  to[kind] = { ...to[kind], [id]: value } as never;
  delete from[kind]?.[id];
}

/** One input for links that come from one output; the links of the use lead there. */
function promoteWires(
  doc: WorkflowDocument,
  scope: Scope,
  id: Scope,
  use: NodeId,
  wires: readonly Wire[],
): void {
  const definition = doc.subgraphs?.[id];
  const [first] = wires;
  if (definition === undefined || first === undefined) return;
  const name = freeName(
    first.input,
    (definition.inputs ?? []).map((each) => each.name),
  );
  const input: DefinitionInput = { name, to: wires.map((wire) => [wire.to, wire.input]) };
  definition.inputs = [...(definition.inputs ?? []), input];
  for (const wire of wires) {
    const inputs = definition.graph[wire.to]?.inputs;
    if (inputs === undefined) continue;
    delete inputs[wire.input];
    const held = definition.layout?.nodes?.[wire.to]?.held_values as JsonObject | undefined;
    const value = held?.[wire.input];
    if (held === undefined || value === undefined) continue;
    inputs[wire.input] = value;
    delete held[wire.input];
  }
  const node = draftAt(doc, scope).graph[use];
  if (node !== undefined) node.inputs[name] = [first.from, first.slot];
}

/** The number of the output of a definition that stands for one inside; made if there is none. */
function outputFor(inner: Definition, { from, slot }: Wire, { outputOf }: SubgraphWish): number {
  inner.outputs ??= [];
  const there = inner.outputs.findIndex((each) => String(each.from[0]) === from && each.from[1] === slot);
  if (there >= 0) return there;
  const { name, type } = outputOf(from, slot);
  const taken = inner.outputs.map((each) => each.name);
  inner.outputs.push({ name: freeName(name, taken), from: [from, slot], type });
  return inner.outputs.length - 1;
}

/** Named parameters of nodes that moved inside: their inputs are shown outside, and keep their names. */
function moveParameters(doc: WorkflowDocument, layout: Layout, wish: SubgraphWish, use: NodeId): void {
  const inside = new Set(wish.nodes);
  for (const parameter of Object.values(layout.parameters ?? {})) {
    if (!inside.has(parameter.node)) continue;
    parameter.input = promoteInput(doc, wish.id, parameter.node, parameter.input);
    parameter.node = use;
  }
}

/** What the definition around showed of nodes that moved inside leads to the use now. */
function moveInterface(
  doc: WorkflowDocument,
  scope: Scope,
  wish: SubgraphWish,
  use: NodeId,
  inner: Definition,
): void {
  const around = doc.subgraphs?.[scope];
  if (around === undefined || around === inner) return;
  const inside = new Set(wish.nodes);
  for (const input of around.inputs ?? []) {
    input.to = input.to.map(([node, name]) =>
      inside.has(String(node)) ? [use, promoteInput(doc, wish.id, String(node), name)] : [node, name],
    );
  }
  for (const output of around.outputs ?? []) {
    const [from, slot] = [String(output.from[0]), output.from[1]];
    if (!inside.has(from)) continue;
    output.from = [use, outputFor(inner, { from, slot, to: "", input: "" }, wish)];
  }
}

/** Put the content of a subgraph in place of a node that stands for it; returns the ids of what came. */
export function unpack(doc: WorkflowDocument, scope: Scope, use: NodeId, index: GraphIndex): NodeId[] {
  const { graph, layout } = draftAt(doc, scope);
  const node = graph[use];
  const id = node?.class_type ?? "";
  const definition = doc.subgraphs?.[id];
  if (node === undefined || definition === undefined) return [];
  const given = { ...node.inputs };
  const mode = layout.nodes?.[use]?.mode;
  const plain = isDraft(doc) ? current(doc) : doc;
  const copy = documentInText(clipboardText(copyOf(plain, id, everything(definition))));
  if (copy === undefined) return [];
  const made = paste(doc, scope, copy, { at: layout.nodes?.[use]?.position ?? [0, 0] });
  const names = new Map(Object.keys(copy.graph).map((old, at) => [old, made.nodes[at] ?? old]));
  const inner = (old: NodeId | number) => names.get(String(old)) ?? String(old);
  for (const input of definition.inputs ?? []) {
    const value = given[input.name];
    if (value === undefined) continue;
    for (const [target, name] of input.to) {
      const into = graph[inner(target)];
      if (into !== undefined) into.inputs[name] = isLink(value) ? [...value] : value;
    }
  }
  for (const wire of index.outOf(use)) {
    const from = definition.outputs?.[wire.slot]?.from;
    const consumer = graph[wire.to];
    if (from !== undefined && consumer !== undefined) consumer.inputs[wire.input] = [inner(from[0]), from[1]];
  }
  if (mode !== undefined && mode !== "normal")
    for (const each of made.nodes) layoutOf(layout, each).mode = mode;
  retarget(doc, scope, use, definition, inner);
  removeNodes(doc, scope, [use], NO_LINKS); // its links lead past it already
  dropUnused(doc, id);
  return made.nodes;
}

function everything(part: GraphPart) {
  return {
    nodes: Object.keys(part.graph),
    groups: Object.keys(part.layout?.groups ?? {}),
    notes: Object.keys(part.layout?.notes ?? {}),
  };
}

/** Whatever named inputs or outputs of the use names those inside now. */
function retarget(
  doc: WorkflowDocument,
  scope: Scope,
  use: NodeId,
  definition: Definition,
  inner: (old: NodeId | number) => NodeId,
): void {
  const targets = (name: string): [NodeId, string][] =>
    (definition.inputs?.find((each) => each.name === name)?.to ?? []).map(([id, input]) => [
      inner(id),
      input,
    ]);
  for (const parameter of Object.values(partAt(doc, scope)?.layout?.parameters ?? {})) {
    const [target] = parameter.node === use ? targets(parameter.input) : [];
    if (target !== undefined) [parameter.node, parameter.input] = target;
  }
  const around = doc.subgraphs?.[scope];
  for (const input of around?.inputs ?? [])
    input.to = input.to.flatMap(([id, name]): [NodeId, string][] =>
      String(id) === use ? targets(name) : [[id, name]],
    );
  for (const output of around?.outputs ?? []) {
    const from = String(output.from[0]) === use ? definition.outputs?.[output.from[1]]?.from : undefined;
    if (from !== undefined) output.from = [inner(from[0]), from[1]];
  }
}
