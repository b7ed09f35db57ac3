// Changes the size of a node, a note or a group by its lower right corner.
import { draftAt, type Point } from "@/document/types";
import { layoutOf } from "@/graphEdits/nodes";
import type { ItemKey } from "@/view/store";
import { itemOf } from "@/view/store";
import type { Engine } from "../engine";
import type { Bounds } from "../handle";
import type { PointerPlace, Situation } from "./situation";

const LEAST: Point = [80, 48];

export class Resize implements Situation {
  readonly cursor = "nwse-resize";
  private readonly before: Bounds;
  private size: Point;

  constructor(
    private readonly engine: Engine,
    private readonly key: ItemKey,
    private readonly start: PointerPlace,
  ) {
    this.before = { ...(engine.boundsOfItem(key) ?? { x: 0, y: 0, width: 0, height: 0 }) };
    this.size = [this.before.width, this.before.height];
  }

  move({ world }: PointerPlace): undefined {
    const [dx, dy] = [world[0] - this.start.world[0], world[1] - this.start.world[1]];
    this.show([Math.max(LEAST[0], this.before.width + dx), Math.max(LEAST[1], this.before.height + dy)]);
  }

  up(): void {
    const { kind, id } = itemOf(this.key);
    const bounds = this.engine.boundsOfItem(this.key) ?? this.before;
    const [width, height] = [Math.round(bounds.width), Math.round(bounds.height)];
    this.engine.tab.document.edit(this.engine.app.t("canvas.resized"), (draft) => {
      const { layout } = draftAt(draft, this.engine.scene.scope);
      const note = layout.notes?.[id];
      const group = layout.groups?.[id];
      if (kind === "node") layoutOf(layout, id).size = [width, height];
      if (kind === "note" && note !== undefined) note.size = [width, height];
      if (kind === "group" && group !== undefined)
        group.bounds = [group.bounds[0], group.bounds[1], width, height];
    });
  }

  cancel(): void {
    this.show([this.before.width, this.before.height]);
  }

  private show(size: Point): void {
    const { kind, id } = itemOf(this.key);
    this.size = size;
    if (kind === "node") this.engine.resizeNode(id, ...this.size);
    else Object.assign(this.engine.boundsOfItem(this.key) ?? {}, { width: size[0], height: size[1] });
    if (kind === "note") this.engine.furnitureMoved();
    this.engine.kick();
  }
}
