// Lays out graphs in a worker, so that nothing stutters while it thinks; without workers it is done here.
import { GraphIndex } from "@/document/graphIndex";
import type { NodeId, Point } from "@/document/types";
import { arrange, type Sized } from "./arrange";

export interface ArrangeWish {
  readonly sizes: readonly (readonly [NodeId, Sized])[];
  readonly links: readonly (readonly [NodeId, NodeId])[];
}

/** Places for nodes, from the top left one at the origin. */
export async function arrangeAside(
  sizes: ReadonlyMap<NodeId, Sized>,
  index: GraphIndex,
): Promise<Map<NodeId, Point>> {
  const plain = [...sizes].map(([id, { width, height }]) => [id, { width, height }] as const);
  const links = plain.flatMap(([to]) =>
    [...index.into(to).values()].filter(({ from }) => sizes.has(from)).map(({ from }) => [from, to] as const),
  );
  if (typeof Worker === "undefined") return arrangeWish({ sizes: plain, links });
  const worker = new Worker(new URL("./arrange.worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<Map<NodeId, Point>>((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<[NodeId, Point][]>) => resolve(new Map(event.data));
      worker.onerror = (event) => reject(new Error(event.message || "The layout could not be computed."));
      worker.postMessage({ sizes: plain, links } satisfies ArrangeWish);
    });
  } finally {
    worker.terminate();
  }
}

/** The same, where it is called. */
export function arrangeWish({ sizes, links }: ArrangeWish): Promise<Map<NodeId, Point>> {
  const inputs = new Map<NodeId, Record<string, [NodeId, number]>>();
  for (const [from, to] of links) {
    const held = inputs.get(to) ?? {};
    held[String(Object.keys(held).length)] = [from, 0];
    inputs.set(to, held);
  }
  const graph = Object.fromEntries(
    sizes.map(([id]) => [id, { class_type: "", inputs: inputs.get(id) ?? {} }]),
  );
  return arrange(new Map(sizes), new GraphIndex(graph));
}
