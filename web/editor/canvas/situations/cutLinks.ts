// A knife: every link that the drawn line crosses is cut.
import type { Point } from "@/document/types";
import { disconnect } from "@/graphEdits/links";
import type { Engine } from "../engine";
import { crosses } from "../links";
import type { SceneWire } from "../scene";
import type { PointerPlace, Situation } from "./situation";

export class CutLinks implements Situation {
  readonly cursor = "crosshair";
  private readonly line: Point[];
  private readonly cut = new Map<string, SceneWire>();

  constructor(
    private readonly engine: Engine,
    start: PointerPlace,
  ) {
    this.line = [start.world];
  }

  move({ world }: PointerPlace): undefined {
    const last = this.line.at(-1) ?? world;
    this.line.push(world);
    const style = this.engine.app.ui.getState().linkStyle;
    for (const wire of this.engine.scene.wires.values()) {
      if (!wire.isHidden && crosses(wire.points, style, last, world)) this.cut.set(wire.key, wire);
    }
    this.engine.overlay = { cut: this.line };
    this.engine.faded = new Set(this.cut.keys());
    this.engine.kick();
  }

  up(): void {
    const { tab, scene, app } = this.engine;
    tab.document.edit(app.t("canvas.linksCut", { count: this.cut.size }), (draft) => {
      for (const { wire } of this.cut.values())
        disconnect(draft, scene.scope, { node: wire.to, input: wire.input });
    });
    this.cancel();
  }

  cancel(): void {
    this.engine.overlay = {};
    this.engine.faded = new Set();
    this.engine.kick();
  }
}
