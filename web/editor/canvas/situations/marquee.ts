// Selects what a rectangle touches.
import { type ItemKey, nodeKey, select } from "@/view/store";
import type { Engine } from "../engine";
import type { Bounds } from "../handle";
import type { Scene } from "../scene";
import { contains, overlaps } from "../spatial";
import type { PointerPlace, Situation } from "./situation";

/** A rectangle from the press to the pointer; Shift adds to the selection, Ctrl toggles. */
export class Marquee implements Situation {
  readonly cursor = "crosshair";
  readonly pansAtEdge = true;
  private readonly before: ReadonlySet<ItemKey>;

  constructor(
    private readonly engine: Engine,
    private readonly start: PointerPlace,
  ) {
    this.before = engine.tab.view.getState().selection;
  }

  move(place: PointerPlace): undefined {
    const box = boxBetween(this.start.world, place.world);
    this.engine.overlay = { marquee: box };
    const touched = itemsIn(this.engine.scene, box);
    select(this.engine.tab.view, combined(this.before, touched, place));
    this.engine.kick();
  }

  up(): void {
    this.end();
  }

  cancel(): void {
    select(this.engine.tab.view, this.before);
    this.end();
  }

  private end(): void {
    this.engine.overlay = {};
    this.engine.kick();
  }
}

function combined(
  before: ReadonlySet<ItemKey>,
  touched: readonly ItemKey[],
  { shift, mod }: PointerPlace,
): Set<ItemKey> {
  if (!shift && !mod) return new Set(touched);
  const all = new Set(before);
  for (const key of touched) {
    if (mod && before.has(key)) all.delete(key);
    else all.add(key);
  }
  return all;
}

/** The box with two opposite corners. */
export function boxBetween([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): Bounds {
  return { x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(bx - ax), height: Math.abs(by - ay) };
}

/** What a box touches; groups only if they lie in it whole. */
export function itemsIn(scene: Scene, box: Bounds): ItemKey[] {
  const found: ItemKey[] = [];
  for (const id of scene.grid.near(box)) {
    const node = scene.nodes.get(id);
    if (node !== undefined && overlaps(node, box)) found.push(nodeKey(id));
  }
  for (const note of scene.notes.values()) if (overlaps(note, box)) found.push(`note:${note.id}`);
  for (const group of scene.groups.values()) {
    const isInside =
      contains(box, group.x, group.y) && contains(box, group.x + group.width, group.y + group.height);
    if (isInside) found.push(`group:${group.id}`);
  }
  return found;
}
