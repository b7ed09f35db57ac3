// Edits of links: connect, disconnect, move. All work on a draft inside of `DocumentStore.edit`.
import type { Json, JsonObject } from "@/document/json";
import {
  draftAt,
  isLink,
  type Layout,
  type Link,
  type NodeId,
  type Point,
  type Scope,
  type WorkflowDocument,
} from "@/document/types";

/** The end of a link at an output. */
export interface OutputEnd {
  readonly node: NodeId;
  readonly slot: number;
}

/** The end of a link at an input. */
export interface InputEnd {
  readonly node: NodeId;
  readonly input: string;
}

/** Link an output to an input; what was linked there before is replaced. The value of a widget is kept in the layout
 * (`held_values`) and comes back when the link goes. */
export function connect(doc: WorkflowDocument, scope: Scope, from: OutputEnd, to: InputEnd): void {
  const { graph, layout } = draftAt(doc, scope);
  const node = graph[to.node];
  if (node === undefined || graph[from.node] === undefined) return;
  const before = node.inputs[to.input];
  if (before !== undefined && !isLink(before)) heldValues(layout, to.node)[to.input] = before;
  if (isLink(before)) forgetPoints(layout, to);
  node.inputs[to.input] = [from.node, from.slot];
}

/** Take a link away; a widget gets its value back. */
export function disconnect(doc: WorkflowDocument, scope: Scope, to: InputEnd): void {
  const { graph, layout } = draftAt(doc, scope);
  const node = graph[to.node];
  if (node === undefined || !isLink(node.inputs[to.input])) return;
  const held = layout.nodes?.[to.node]?.held_values as JsonObject | undefined;
  const value: Json | undefined = held?.[to.input];
  if (value === undefined) delete node.inputs[to.input];
  else node.inputs[to.input] = value;
  if (held !== undefined) delete held[to.input];
  forgetPoints(layout, to);
}

/** Lead links of one output out of another. */
export function moveLinks(
  doc: WorkflowDocument,
  scope: Scope,
  ends: readonly InputEnd[],
  from: OutputEnd,
): void {
  for (const end of ends) {
    const node = draftAt(doc, scope).graph[end.node];
    if (node !== undefined && isLink(node.inputs[end.input]))
      node.inputs[end.input] = [from.node, from.slot] satisfies Link;
  }
}

/** The bends of a link, from output to input. */
export function pointsOf(layout: Layout | undefined, to: InputEnd): readonly Point[] {
  return layout?.links?.[to.node]?.[to.input]?.points ?? [];
}

/** Put bends in place of those that a link has; none takes them away. */
export function setPoints(doc: WorkflowDocument, scope: Scope, to: InputEnd, points: readonly Point[]): void {
  const { layout } = draftAt(doc, scope);
  layout.links ??= {};
  layout.links[to.node] ??= {};
  const ofNode = layout.links[to.node] ?? {};
  ofNode[to.input] = { ...ofNode[to.input], points: points.map((point) => [...point]) };
  if (points.length === 0) forgetPoints(layout, to);
}

function forgetPoints(layout: Layout, to: InputEnd): void {
  const ofNode = layout.links?.[to.node];
  const link = ofNode?.[to.input];
  if (ofNode === undefined || link === undefined) return;
  delete link.points;
  if (Object.keys(link).length === 0) delete ofNode[to.input];
  if (Object.keys(ofNode).length === 0) delete layout.links?.[to.node];
}

function heldValues(layout: Layout, id: NodeId): JsonObject {
  layout.nodes ??= {};
  layout.nodes[id] ??= {};
  const ofNode = layout.nodes[id] ?? {};
  ofNode.held_values ??= {};
  return ofNode.held_values as JsonObject;
}
