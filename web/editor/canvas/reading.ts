// Small questions that the engine asks of the stores.
import type { WireKey } from "@/document/graphIndex";
import { wireKey } from "@/document/graphIndex";
import type { NodeId } from "@/document/types";
import { isPicture } from "@/nodes/pictureFiles";
import { runIn, runPrefix } from "@/run/scoped";
import type { ItemKey } from "@/view/store";
import { itemOf } from "@/view/store";
import type { Tab } from "@/workspace/tabs";
import type { Scene } from "./scene";

const NONE: ReadonlySet<WireKey> = new Set();

/** Whether a node has a picture to show now: a preview or a result. */
export function hasPicture(tab: Tab, id: NodeId): boolean {
  const prefix = runPrefix(tab.view.getState());
  return (
    tab.previews.get(prefix + id) !== undefined ||
    (runIn(tab.run.getState(), prefix).outputs[id] ?? []).some(isPicture)
  );
}

/** The links to stress while the pointer is at something: those up- and downstream of a node, or a link itself. */
export function emphasis(scene: Scene, hovered: ItemKey | undefined): ReadonlySet<WireKey> {
  if (hovered === undefined) return NONE;
  const { kind, id } = itemOf(hovered);
  if (kind === "link") return new Set([id]);
  if (kind !== "node") return NONE;
  const index = scene.index;
  const wires = [...index.into(id).values(), ...index.outOf(id)];
  return new Set(wires.map((wire) => wireKey(wire.to, wire.input)));
}
