// What two versions do differently, as lines to read.
import type { Change, Difference, GraphDifference, NodeNamed } from "@/api/workflows";
import type { Json } from "@/document/json";
import { isLink, type NodeId } from "@/document/types";

export interface ChangedValue {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

export interface ChangeRow {
  readonly key: string;
  readonly kind: "added" | "removed" | "changed";
  readonly title: string;
  /** The node of the root graph that it is about, if it is about one that is still there. */
  readonly node: NodeId | undefined;
  readonly values: readonly ChangedValue[];
}

const NOTHING = "–";
const MOST_LETTERS = 60;

/** The lines of a difference: what is new first, then what is gone, then what is different. */
export function changeRows(found: Difference): ChangeRow[] {
  const modes = Object.entries(found.modes).map(([node, change]) => ({ node, value: told("mode", change) }));
  const rows = graphRows(found, "").map((row) => ({
    ...row,
    values: [...row.values, ...modes.filter(({ node }) => node === row.node).map(({ value }) => value)],
  }));
  const named = new Set(rows.map((row) => row.node));
  const others = modes
    .filter(({ node }) => !named.has(node))
    .map(({ node, value }) => changed(`mode ${node}`, node, node, [value]));
  const parameters = Object.entries(found.parameters).map(([name, change]) =>
    changed(`parameter ${name}`, name, undefined, [told("", change)]),
  );
  const inner = Object.entries(found.subgraphs_changed).flatMap(([id, graph]) =>
    graphRows(graph, `${id} / `),
  );
  return [
    ...rows,
    ...others,
    ...parameters,
    ...found.subgraphs_added.map((id) => whole("added", id)),
    ...found.subgraphs_removed.map((id) => whole("removed", id)),
    ...inner,
  ];
}

/** The nodes of the root graph that can be shown: those that are new, and those that are different. */
export function nodesIn(rows: readonly ChangeRow[]): NodeId[] {
  return [...new Set(rows.flatMap((row) => row.node ?? []))];
}

/** @param around of a subgraph: its name, in front of the titles; its nodes are not in the root graph. */
function graphRows({ added, removed, changed: different }: GraphDifference, around: string): ChangeRow[] {
  const nameOf = (node: NodeNamed) => `${around}${node.title || node.type}`;
  const here = (node: NodeNamed) => (around === "" ? node.id : undefined);
  return [
    ...added.map((each): ChangeRow => ({ ...whole("added", nameOf(each), each.id), node: here(each) })),
    ...removed.map((each) => whole("removed", nameOf(each), each.id)),
    ...different.map((each) => {
      const values = Object.entries(each.inputs).map(([name, change]) => told(name, change));
      if (each.retyped !== null) values.unshift(told("type", each.retyped));
      if (each.renamed !== null) values.unshift(told("title", each.renamed));
      return changed(`${around}${each.id}`, nameOf(each), here(each), values);
    }),
  ];
}

function whole(kind: "added" | "removed", title: string, id = title): ChangeRow {
  return { key: `${kind} ${title} ${id}`, kind, title, node: undefined, values: [] };
}

function changed(
  key: string,
  title: string,
  node: NodeId | undefined,
  values: readonly ChangedValue[],
): ChangeRow {
  return { key, kind: "changed", title, node, values };
}

function told(name: string, { before, after, was_there, is_there }: Change): ChangedValue {
  return { name, before: was_there ? text(before) : NOTHING, after: is_there ? text(after) : NOTHING };
}

function text(value: Json): string {
  if (isLink(value)) return `← ${value[0]}`;
  const written = typeof value === "string" ? value : JSON.stringify(value);
  return written.length > MOST_LETTERS ? `${written.slice(0, MOST_LETTERS)} …` : written;
}
