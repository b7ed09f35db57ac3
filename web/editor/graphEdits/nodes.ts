// Edits of nodes: add, remove, heal, move, resize, modes. All work on a draft inside of `DocumentStore.edit`.
import { accepts } from "@/catalogue/sockets";
import type { NodeType } from "@/catalogue/types";
import { initialValue } from "@/catalogue/widgets";
import type { GraphIndex, Wire } from "@/document/graphIndex";
import {
  draftAt,
  type Graph,
  type Layout,
  type Mode,
  type NodeId,
  type NodeLayout,
  type Point,
  type Scope,
  type WorkflowDocument,
} from "@/document/types";
import { connect, disconnect } from "./links";

/** The next free id: one more than the largest number. */
export function freeId(graph: Graph): NodeId {
  let largest = 0;
  for (const id of Object.keys(graph)) if (/^\d{1,12}$/.test(id)) largest = Math.max(largest, Number(id));
  return String(largest + 1);
}

/** Add a node with the initial values of its type; returns its id. */
export function addNode(doc: WorkflowDocument, scope: Scope, type: NodeType, position: Point): NodeId {
  const { graph, layout } = draftAt(doc, scope);
  const id = freeId(graph);
  const inputs: (typeof graph)[string]["inputs"] = {};
  for (const input of type.inputs) {
    const value = input.onlyFor.length === 0 ? initialValue(input.schema) : undefined;
    if (value !== undefined) inputs[input.name] = structuredClone(value);
  }
  graph[id] = { class_type: type.id, inputs };
  layout.nodes ??= {};
  layout.nodes[id] = { position };
  const seeds = type.inputs.filter((each) => each.widget === "seed").map((each) => each.name);
  if (seeds.length > 0)
    layout.nodes[id].after_run = Object.fromEntries(seeds.map((name) => [name, "randomize"]));
  return id;
}

/** Remove nodes; links into and out of them are cut, widgets get their values back. */
export function removeNodes(
  doc: WorkflowDocument,
  scope: Scope,
  ids: readonly NodeId[],
  index: GraphIndex,
): void {
  const gone = new Set(ids);
  const cut = ids.flatMap((id) => index.outOf(id)).filter((wire) => !gone.has(wire.to));
  for (const wire of cut) disconnect(doc, scope, { node: wire.to, input: wire.input });
  const { graph, layout } = draftAt(doc, scope);
  for (const id of gone) {
    delete graph[id];
    delete layout.nodes?.[id];
    delete layout.links?.[id];
  }
  forget(layout, gone);
  forgetPromoted(doc, scope, gone);
}

/** The links that take the place of those through nodes that go: each consumer gets what fed the first input that fits.
 *
 * @param typeOf the type of a node, for its sockets.
 */
export function healing(
  ids: readonly NodeId[],
  index: GraphIndex,
  typeOf: (id: NodeId) => NodeType,
): { from: Wire; to: Wire }[] {
  const gone = new Set(ids);
  return ids
    .flatMap((id) => index.outOf(id))
    .filter((wire) => !gone.has(wire.to))
    .flatMap((to) => {
      const from = sourceThrough(to, gone, index, typeOf);
      return from === undefined ? [] : [{ from, to }];
    });
}

function sourceThrough(
  to: Wire,
  gone: ReadonlySet<NodeId>,
  index: GraphIndex,
  typeOf: (id: NodeId) => NodeType,
): Wire | undefined {
  let wire: Wire | undefined = to;
  for (let steps = gone.size; wire !== undefined && gone.has(wire.from) && steps >= 0; steps--) {
    const type = typeOf(wire.from);
    const wanted: string = type.outputs[wire.slot]?.type ?? "*";
    const inputs: Wire[] = [...index.into(wire.from).values()];
    const typed = (each: Wire) => type.inputs.find((input) => input.name === each.input)?.type ?? "*";
    wire =
      inputs.find((each) => typed(each) === wanted) ?? inputs.find((each) => accepts(wanted, typed(each)));
  }
  return wire !== undefined && !gone.has(wire.from) ? wire : undefined;
}

/** Remove nodes and lead the links that went through them past them. */
export function dissolveNodes(
  doc: WorkflowDocument,
  scope: Scope,
  ids: readonly NodeId[],
  index: GraphIndex,
  typeOf: (id: NodeId) => NodeType,
): void {
  const healed = healing(ids, index, typeOf);
  removeNodes(doc, scope, ids, index);
  for (const { from, to } of healed)
    connect(doc, scope, { node: from.from, slot: from.slot }, { node: to.to, input: to.input });
}

/** The layout of a node in a draft; made if there is none. */
export function layoutOf(layout: Layout, id: NodeId): NodeLayout {
  layout.nodes ??= {};
  layout.nodes[id] ??= {};
  return layout.nodes[id];
}

/** Put nodes at places. */
export function placeNodes(
  doc: WorkflowDocument,
  scope: Scope,
  places: Iterable<readonly [NodeId, Point]>,
): void {
  const { layout } = draftAt(doc, scope);
  for (const [id, [x, y]] of places) layoutOf(layout, id).position = [Math.round(x), Math.round(y)];
}

/** Set a mode on all nodes, or `normal` if all have it already. */
export function toggleMode(doc: WorkflowDocument, scope: Scope, ids: readonly NodeId[], mode: Mode): void {
  const { layout } = draftAt(doc, scope);
  const all = ids.every((id) => layout.nodes?.[id]?.mode === mode);
  for (const id of ids) layoutOf(layout, id).mode = all ? "normal" : mode;
}

/** Switch a flag of nodes on, or off if all have it already. */
export function toggleFlag(
  doc: WorkflowDocument,
  scope: Scope,
  ids: readonly NodeId[],
  flag: "collapsed" | "pinned",
): void {
  const { layout } = draftAt(doc, scope);
  const all = ids.every((id) => layout.nodes?.[id]?.[flag]);
  for (const id of ids) layoutOf(layout, id)[flag] = !all;
}

function forget(layout: Layout, gone: ReadonlySet<NodeId>): void {
  for (const group of Object.values(layout.groups ?? {})) {
    if (group.nodes?.some((id) => gone.has(id))) group.nodes = group.nodes.filter((id) => !gone.has(id));
  }
  for (const [name, parameter] of Object.entries(layout.parameters ?? {})) {
    if (gone.has(parameter.node)) delete layout.parameters?.[name];
  }
}

/** Inputs and outputs of a definition that led to nodes that are gone. */
function forgetPromoted(doc: WorkflowDocument, scope: Scope, gone: ReadonlySet<NodeId>): void {
  const definition = doc.subgraphs?.[scope];
  if (definition === undefined) return;
  for (const input of definition.inputs ?? []) {
    if (input.to.some(([id]) => gone.has(id))) input.to = input.to.filter(([id]) => !gone.has(id));
  }
}
