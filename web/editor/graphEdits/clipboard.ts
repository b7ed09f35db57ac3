// Copy and paste: what is copied is a small workflow document as text, so it can be sent to others or saved as a file.
import { isObject, parseJson, writeJson } from "@/document/json";
import {
  type Definition,
  draftAt,
  FORMAT_VERSION,
  type Graph,
  type GraphPart,
  type GroupId,
  isLink,
  type Layout,
  type Link,
  type NodeId,
  type NoteId,
  type Point,
  partAt,
  type Scope,
  type WorkflowDocument,
} from "@/document/types";
import { freeId } from "./nodes";

export interface Picked {
  readonly nodes: readonly NodeId[];
  readonly groups?: readonly GroupId[];
  readonly notes?: readonly NoteId[];
}

export interface PasteWish {
  /** Where the middle of what is pasted goes; undefined keeps the places, a little aside. */
  readonly at?: Point;
  /** Whether links from nodes that are not copied are kept, where those nodes are still there. */
  readonly keepsIncoming?: boolean;
}

export interface Pasted {
  readonly nodes: NodeId[];
  readonly groups: GroupId[];
  readonly notes: NoteId[];
}

const ASIDE = 32;

/** The copy of some nodes, groups and notes as a document of their own, with the definitions they use. */
export function copyOf(doc: WorkflowDocument, scope: Scope, picked: Picked): WorkflowDocument {
  const part = partAt(doc, scope) ?? { graph: {} };
  const graph = pick(part.graph, picked.nodes);
  const layout: Layout = {
    nodes: pick(part.layout?.nodes ?? {}, picked.nodes),
    links: pick(part.layout?.links ?? {}, picked.nodes),
    groups: pick(part.layout?.groups ?? {}, picked.groups ?? []),
    notes: pick(part.layout?.notes ?? {}, picked.notes ?? []),
  };
  return structuredClone({
    latentloom: FORMAT_VERSION,
    graph,
    layout,
    subgraphs: usedBy(graph, doc.subgraphs ?? {}),
  });
}

/** The text of a copy for the clipboard. */
export function clipboardText(copy: WorkflowDocument): string {
  return writeJson(copy, 1);
}

/** The document in a text, or undefined if it holds none. */
export function documentInText(text: string): WorkflowDocument | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value = parseJson(text);
    const isDocument = isObject(value) && typeof value.latentloom === "number" && isObject(value.graph);
    return isDocument ? (value as unknown as WorkflowDocument) : undefined;
  } catch {
    return undefined;
  }
}

/** Put a copy into a document under new ids. */
export function paste(
  doc: WorkflowDocument,
  scope: Scope,
  copy: WorkflowDocument,
  wish: PasteWish = {},
): Pasted {
  const { graph, layout } = draftAt(doc, scope);
  const definitions = takeDefinitions(doc, copy);
  const [dx, dy] = offset(copy, wish.at);
  const renamed = newIds(copy.graph, graph);
  for (const [old, id] of renamed) {
    const node = structuredClone(copy.graph[old]);
    if (node === undefined) continue;
    node.class_type = definitions.get(node.class_type) ?? node.class_type;
    relink(node.inputs, renamed, wish.keepsIncoming === true ? graph : {});
    graph[id] = node;
  }
  const nodes = [...renamed.values()];
  pasteLayout(layout, copy.layout ?? {}, renamed, [dx, dy]);
  return { nodes, ...pasteFurniture(layout, copy.layout ?? {}, renamed, [dx, dy]) };
}

function pick<T>(all: Readonly<Record<string, T>>, ids: readonly string[]): Record<string, T> {
  return Object.fromEntries(ids.flatMap((id) => (all[id] === undefined ? [] : [[id, all[id]]])));
}

function usedBy(graph: Graph, definitions: Readonly<Record<string, Definition>>): Record<string, Definition> {
  const used: Record<string, Definition> = {};
  const visit = (part: GraphPart) => {
    for (const node of Object.values(part.graph)) {
      const definition = definitions[node.class_type];
      if (definition !== undefined && used[node.class_type] === undefined) {
        used[node.class_type] = definition;
        visit(definition);
      }
    }
  };
  visit({ graph });
  return used;
}

/** Take over definitions; one whose id is taken by another definition gets a new id. Returns old id -> new id. */
function takeDefinitions(doc: WorkflowDocument, copy: WorkflowDocument): Map<string, string> {
  const renamed = new Map<string, string>();
  const wanted = Object.entries(copy.subgraphs ?? {});
  if (wanted.length === 0) return renamed;
  doc.subgraphs ??= {};
  const known = doc.subgraphs;
  for (const [id, definition] of wanted) {
    const there = known[id];
    if (there !== undefined && writeJson(there) !== writeJson(definition))
      renamed.set(id, crypto.randomUUID());
  }
  for (const [id, definition] of wanted) {
    const own = structuredClone(definition);
    for (const node of Object.values(own.graph))
      node.class_type = renamed.get(node.class_type) ?? node.class_type;
    known[renamed.get(id) ?? id] ??= own;
  }
  return renamed;
}

function newIds(copied: Graph, target: Graph): Map<NodeId, NodeId> {
  let next = Number(freeId(target));
  return new Map(Object.keys(copied).map((old) => [old, String(next++)]));
}

function relink(inputs: Graph[string]["inputs"], renamed: ReadonlyMap<NodeId, NodeId>, outside: Graph): void {
  for (const [name, value] of Object.entries(inputs)) {
    if (!isLink(value)) continue;
    const [from, slot] = value;
    const own = renamed.get(String(from));
    if (own !== undefined) inputs[name] = [own, slot] satisfies Link;
    else if (outside[String(from)] === undefined) delete inputs[name];
  }
}

function offset(copy: WorkflowDocument, at: Point | undefined): Point {
  if (at === undefined) return [ASIDE, ASIDE];
  const places = [
    ...Object.values(copy.layout?.nodes ?? {}).flatMap((each) =>
      each.position === undefined ? [] : [each.position],
    ),
    ...Object.values(copy.layout?.notes ?? {}).map((each) => each.position),
    ...Object.values(copy.layout?.groups ?? {}).map((each): Point => [each.bounds[0], each.bounds[1]]),
  ];
  if (places.length === 0) return [0, 0];
  const left = Math.min(...places.map(([x]) => x));
  const top = Math.min(...places.map(([, y]) => y));
  return [at[0] - left, at[1] - top];
}

function moved([x, y]: Point, [dx, dy]: Point): Point {
  return [Math.round(x + dx), Math.round(y + dy)];
}

function pasteLayout(layout: Layout, copied: Layout, renamed: ReadonlyMap<NodeId, NodeId>, by: Point): void {
  layout.nodes ??= {};
  layout.links ??= {};
  for (const [old, id] of renamed) {
    const own = structuredClone(copied.nodes?.[old] ?? {});
    layout.nodes[id] = { ...own, position: moved(own.position ?? [0, 0], by) };
    const links = copied.links?.[old];
    if (links === undefined) continue;
    layout.links[id] = Object.fromEntries(
      Object.entries(links).map(([input, link]) => [
        input,
        { ...link, ...(link.points && { points: link.points.map((each) => moved(each, by)) }) },
      ]),
    );
  }
}

function pasteFurniture(
  layout: Layout,
  copied: Layout,
  renamed: ReadonlyMap<NodeId, NodeId>,
  by: Point,
): { groups: GroupId[]; notes: NoteId[] } {
  const groups = Object.values(copied.groups ?? {}).map((group) => {
    const [x, y, width, height] = group.bounds;
    const [left, top] = moved([x, y], by);
    const members = (group.nodes ?? []).flatMap((id) => renamed.get(id) ?? []);
    layout.groups ??= {};
    const id = freeKey(layout.groups, "g");
    layout.groups[id] = { ...structuredClone(group), bounds: [left, top, width, height], nodes: members };
    return id;
  });
  const notes = Object.values(copied.notes ?? {}).map((note) => {
    layout.notes ??= {};
    const id = freeKey(layout.notes, "n");
    layout.notes[id] = { ...structuredClone(note), position: moved(note.position, by) };
    return id;
  });
  return { groups, notes };
}

/** The first of `g1`, `g2`, … that is not taken. */
export function freeKey(taken: Readonly<Record<string, unknown>>, prefix: string): string {
  let number = Object.keys(taken).length + 1;
  while (taken[`${prefix}${number}`] !== undefined) number++;
  return `${prefix}${number}`;
}
