// Which nodes have a body: those in view at a readable zoom, a few new ones each frame, nearest to the centre first.
import type { NodeId } from "@/document/types";
import type { Bounds } from "./handle";
import type { Scene } from "./scene";
import { overlaps } from "./spatial";

export const MARGIN = 160;
export const MOUNTS_PER_FRAME = 12;

export interface MountWish {
  readonly scene: Scene;
  readonly shown: Bounds;
  readonly isNear: boolean;
  readonly mounted: readonly NodeId[];
  /** Nodes that must stay: what has the focus, an open menu, what is dragged. */
  readonly kept: ReadonlySet<NodeId>;
}

/** The nodes to mount next, the same list if nothing changes, and whether there are more to come. */
export function nextMounted({ scene, shown, isNear, mounted, kept }: MountWish): {
  mounted: readonly NodeId[];
  hasMore: boolean;
} {
  const wanted = new Set(isNear ? inView(scene, shown) : []);
  for (const id of kept) if (scene.nodes.has(id)) wanted.add(id);
  const have = new Set(mounted);
  const staying = mounted.filter((id) => wanted.has(id));
  const coming = [...wanted].filter((id) => !have.has(id));
  if (coming.length === 0 && staying.length === mounted.length) return { mounted, hasMore: false };
  const hasMore = coming.length > MOUNTS_PER_FRAME;
  if (hasMore) sortByDistance(coming, scene, shown);
  return { mounted: [...staying, ...coming.slice(0, MOUNTS_PER_FRAME)], hasMore };
}

function inView(scene: Scene, { x, y, width, height }: Bounds): NodeId[] {
  const grown = { x: x - MARGIN, y: y - MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
  return [...scene.grid.near(grown)].filter((id) => {
    const node = scene.nodes.get(id);
    return node !== undefined && overlaps(node, grown);
  });
}

function sortByDistance(ids: NodeId[], scene: Scene, { x, y, width, height }: Bounds): void {
  const distance = (id: NodeId) => {
    const node = scene.nodes.get(id);
    return node === undefined
      ? 0
      : Math.hypot(node.x + node.width / 2 - x - width / 2, node.y + node.height / 2 - y - height / 2);
  };
  ids.sort((a, b) => distance(a) - distance(b));
}
