// Lays out graphs from left to right with dagre; the same graph always gets the same places.
import type { GraphIndex } from "@/document/graphIndex";
import type { NodeId, Point } from "@/document/types";

export interface Sized {
  readonly width: number;
  readonly height: number;
}

const ACROSS = 72;
const DOWN = 36;

/** Places for nodes, the top left one at the origin. Nodes without links stand in a row below.
 *
 * @param sizes which nodes to place, and how large they are.
 */
export async function arrange(
  sizes: ReadonlyMap<NodeId, Sized>,
  index: GraphIndex,
): Promise<Map<NodeId, Point>> {
  const { graphlib, layout } = (await import("@dagrejs/dagre")).default;
  const graph = new graphlib.Graph({ multigraph: false });
  graph.setGraph({ rankdir: "LR", ranksep: ACROSS, nodesep: DOWN, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  const ids = [...sizes.keys()];
  const isLinked = (id: NodeId) =>
    [...index.into(id).values()].some((wire) => sizes.has(wire.from)) ||
    index.outOf(id).some((wire) => sizes.has(wire.to));
  const linked = ids.filter(isLinked);
  for (const id of linked) graph.setNode(id, { ...sizes.get(id) });
  for (const id of linked)
    for (const wire of index.into(id).values()) if (sizes.has(wire.from)) graph.setEdge(wire.from, id);
  layout(graph);
  const places = new Map<NodeId, Point>();
  for (const id of linked) {
    const { x, y } = graph.node(id);
    const size = sizes.get(id);
    if (size !== undefined) places.set(id, [x - size.width / 2, y - size.height / 2]);
  }
  placeInRow(
    ids.filter((id) => !isLinked(id)),
    places,
    sizes,
  );
  return fromOrigin(places);
}

function placeInRow(
  ids: readonly NodeId[],
  places: Map<NodeId, Point>,
  sizes: ReadonlyMap<NodeId, Sized>,
): void {
  let x = 0;
  let top = 0;
  for (const [id, [, y]] of places) top = Math.max(top, y + (sizes.get(id)?.height ?? 0) + DOWN);
  for (const id of ids) {
    places.set(id, [x, top]);
    x += (sizes.get(id)?.width ?? 0) + DOWN;
  }
}

function fromOrigin(places: Map<NodeId, Point>): Map<NodeId, Point> {
  const left = Math.min(...[...places.values()].map(([x]) => x));
  const top = Math.min(...[...places.values()].map(([, y]) => y));
  return new Map([...places].map(([id, [x, y]]) => [id, [Math.round(x - left), Math.round(y - top)]]));
}
