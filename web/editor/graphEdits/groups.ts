// Edits of groups: around nodes, who is a member, how large. All work on a draft inside of `DocumentStore.edit`.
import {
  draftAt,
  type GroupId,
  type Layout,
  type NodeId,
  type Scope,
  type WorkflowDocument,
} from "@/document/types";
import { freeKey } from "./clipboard";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const PAD = 20;
const HEAD = 40;

/** The bounds of a group around boxes, with room for its title. */
export function boundsAround(boxes: readonly Box[]): [number, number, number, number] {
  const left = Math.min(...boxes.map((box) => box.x)) - PAD;
  const top = Math.min(...boxes.map((box) => box.y)) - PAD - HEAD;
  const right = Math.max(...boxes.map((box) => box.x + box.width)) + PAD;
  const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + PAD;
  return [Math.round(left), Math.round(top), Math.round(right - left), Math.round(bottom - top)];
}

/** Put a group around nodes; they leave the groups that they were in. Returns its id. */
export function addGroup(
  doc: WorkflowDocument,
  scope: Scope,
  title: string,
  nodes: ReadonlyMap<NodeId, Box>,
): GroupId {
  const { layout } = draftAt(doc, scope);
  layout.groups ??= {};
  const id = freeKey(layout.groups, "g");
  for (const group of Object.values(layout.groups)) {
    if (group.nodes?.some((node) => nodes.has(node)))
      group.nodes = group.nodes.filter((node) => !nodes.has(node));
  }
  layout.groups[id] = { title, bounds: boundsAround([...nodes.values()]), nodes: [...nodes.keys()] };
  return id;
}

/** Nodes that were dropped join the group that they lie in, and leave those that they do not lie in any more.
 *
 * @param except groups that moved along with their nodes.
 */
export function rejoinGroups(
  layout: Layout,
  dropped: ReadonlyMap<NodeId, Box>,
  except: ReadonlySet<GroupId> = new Set(),
): void {
  const groups = Object.entries(layout.groups ?? {});
  for (const [node, box] of dropped) {
    const movedAlong = groups.some(([id, group]) => except.has(id) && group.nodes?.includes(node));
    if (movedAlong) continue;
    const [middleX, middleY] = [box.x + box.width / 2, box.y + box.height / 2];
    // The smallest group around it is meant: groups may lie inside of groups.
    const [home] = groups
      .filter(
        ([
          ,
          {
            bounds: [x, y, width, height],
          },
        ]) => {
          return middleX >= x && middleX <= x + width && middleY >= y && middleY <= y + height;
        },
      )
      .sort(([, a], [, b]) => a.bounds[2] * a.bounds[3] - b.bounds[2] * b.bounds[3]);
    for (const [id, group] of groups) {
      const isMember = group.nodes?.includes(node) ?? false;
      if (id === home?.[0] && !isMember) group.nodes = [...(group.nodes ?? []), node];
      if (id !== home?.[0] && isMember) group.nodes = group.nodes?.filter((each) => each !== node) ?? [];
    }
  }
}

/** Make groups as large as their nodes need. */
export function fitGroups(
  layout: Layout,
  ids: Iterable<GroupId>,
  boxOf: (node: NodeId) => Box | undefined,
): void {
  for (const id of ids) {
    const group = layout.groups?.[id];
    const boxes = group?.nodes?.flatMap((node) => boxOf(node) ?? []) ?? [];
    if (group !== undefined && boxes.length > 0) group.bounds = boundsAround(boxes);
  }
}
