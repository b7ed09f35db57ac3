// Moves a bend of a link.
import type { Point } from "@/document/types";
import { setPoints } from "@/graphEdits/links";
import type { Engine } from "../engine";
import { boxOf } from "../links";
import type { SceneWire } from "../scene";
import type { PointerPlace, Situation } from "./situation";

export class DragPoint implements Situation {
  readonly cursor = "grabbing";
  readonly pansAtEdge = true;
  private readonly before: readonly Point[];

  /** @param index which bend, counted from the output. */
  constructor(
    private readonly engine: Engine,
    private readonly wire: SceneWire,
    private readonly index: number,
  ) {
    this.before = wire.points;
  }

  move({ world }: PointerPlace): undefined {
    this.show(
      this.before.map((point, at) =>
        at === this.index + 1 ? [Math.round(world[0]), Math.round(world[1])] : point,
      ),
    );
  }

  up(): void {
    const { tab, scene, app } = this.engine;
    const { to, input } = this.wire.wire;
    const points = this.wire.points.slice(1, -1);
    tab.document.edit(app.t("canvas.bendMoved"), (draft) =>
      setPoints(draft, scene.scope, { node: to, input }, points),
    );
  }

  cancel(): void {
    this.show([...this.before]);
  }

  private show(points: Point[]): void {
    this.wire.points = points;
    this.wire.box = boxOf(points);
    this.engine.kick();
  }
}
