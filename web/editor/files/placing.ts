// Gives places to nodes that have none: workflows written by programs, and templates, carry no layout.
import { type TypeLookup, typeOfNode } from "@/catalogue/nodeTypes";
import { GraphIndex } from "@/document/graphIndex";
import type { GraphPart, NodeLayout, WorkflowDocument } from "@/document/types";
import { arrange } from "@/graphEdits/arrange";
import { shapeOf } from "@/nodes/shape";

/** The document with a place for every node; the same object if all have one. Nodes that have a place keep it. */
export async function placed(document: WorkflowDocument, lookup: TypeLookup): Promise<WorkflowDocument> {
  const root = await placedPart(document, document, lookup);
  const changed: NonNullable<WorkflowDocument["subgraphs"]> = {};
  for (const [id, each] of Object.entries(document.subgraphs ?? {})) {
    const part = await placedPart(each, document, lookup);
    if (part !== each) changed[id] = part;
  }
  if (root === document && Object.keys(changed).length === 0) return document;
  return {
    ...root,
    ...(document.subgraphs === undefined ? {} : { subgraphs: { ...document.subgraphs, ...changed } }),
  };
}

async function placedPart<P extends GraphPart>(
  part: P,
  document: WorkflowDocument,
  lookup: TypeLookup,
): Promise<P> {
  const known = part.layout?.nodes ?? {};
  const homeless = Object.keys(part.graph).filter((id) => known[id]?.position === undefined);
  if (homeless.length === 0) return part;
  const index = new GraphIndex(part.graph);
  const sizes = new Map(
    homeless.flatMap((id) => {
      const node = part.graph[id];
      if (node === undefined) return [];
      const usedSlots = index.outOf(id).map((wire) => wire.slot);
      return [
        [
          id,
          shapeOf({ node, type: typeOfNode(node, document, lookup), layout: known[id], usedSlots }),
        ] as const,
      ];
    }),
  );
  const places = await arrange(sizes, index);
  const [left, top] = freeCorner(known);
  const nodes: Record<string, NodeLayout> = { ...known };
  for (const [id, [x, y]] of places) nodes[id] = { ...known[id], position: [x + left, y + top] };
  return { ...part, layout: { ...part.layout, nodes } };
}

/** Below everything that has a place. */
function freeCorner(known: Readonly<Record<string, NodeLayout>>): [number, number] {
  const spots = Object.values(known).flatMap(({ position, size }) =>
    position === undefined ? [] : [[position[0], position[1] + (size?.[1] ?? 300)] as const],
  );
  if (spots.length === 0) return [0, 0];
  return [Math.min(...spots.map(([x]) => x)), Math.max(...spots.map(([, y]) => y)) + 60];
}
