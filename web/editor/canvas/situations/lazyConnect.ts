// From node to node, wherever on them: joins the first free pair of sockets that fits, one way or the other.
import type { NodeId, Point } from "@/document/types";
import { freePair } from "@/graphEdits/freePair";
import { connect, type InputEnd, type OutputEnd } from "@/graphEdits/links";
import type { Engine } from "../engine";
import { hitTest } from "../hit";
import type { SceneNode } from "../scene";
import type { PointerPlace, Situation } from "./situation";

/** A link that is still to be made. */
interface Joint {
  readonly from: OutputEnd;
  readonly to: InputEnd;
  readonly type: string;
}

export class LazyConnect implements Situation {
  readonly cursor = "crosshair";
  readonly pansAtEdge = true;
  private joint: Joint | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly start: NodeId,
  ) {}

  move(place: PointerPlace): undefined {
    const { engine } = this;
    const { scene } = engine;
    const [first, over] = [scene.nodes.get(this.start), this.nodeAt(place)];
    const isOther = first !== undefined && over !== undefined && over.id !== first.id;
    this.joint = isOther ? (this.jointOf(first, over) ?? this.jointOf(over, first)) : undefined;
    engine.overlay = { link: this.shown(first, place) };
    engine.hint(
      isOther && this.joint === undefined ? engine.app.t("canvas.nothingFits") : undefined,
      place.client,
    );
    engine.kick();
  }

  up(): void {
    const { joint, engine } = this;
    this.end();
    if (joint === undefined) return;
    const { t } = engine.app;
    engine.tab.document.edit(t("canvas.linked"), (draft) =>
      connect(draft, engine.scene.scope, joint.from, joint.to),
    );
    engine.app.announce(t("canvas.linked"));
  }

  cancel(): void {
    this.end();
  }

  private nodeAt({ world }: PointerPlace): SceneNode | undefined {
    const { scene, camera } = this.engine;
    const hit = hitTest(scene, world, { zoom: camera.z, style: "hidden" });
    if (hit.kind === "node") return hit.node;
    return hit.kind === "socket" ? scene.nodes.get(hit.socket.node) : undefined;
  }

  private jointOf(from: SceneNode, to: SceneNode): Joint | undefined {
    const { scene } = this.engine;
    if (scene.index.wouldCycle(from.id, to.id)) return undefined;
    const pair = freePair(from, to);
    if (pair === undefined) return undefined;
    const { slot, input } = pair;
    return {
      from: { node: from.id, slot },
      to: { node: to.id, input },
      type: scene.outputType(from.id, slot),
    };
  }

  /** The link as it would be, or a line from the first node to the pointer. */
  private shown(first: SceneNode | undefined, { world }: PointerPlace) {
    const { scene } = this.engine;
    const from = this.joint && scene.outputPoint(this.joint.from.node, this.joint.from.slot);
    const to = this.joint && scene.inputPoint(this.joint.to.node, this.joint.to.input);
    if (this.joint !== undefined && from !== undefined && to !== undefined)
      return { from, to, type: this.joint.type, side: "output" as const, isSnapped: true };
    const middle: Point =
      first === undefined ? world : [first.x + first.width / 2, first.y + first.height / 2];
    return { from: middle, to: world, type: "*", side: "output" as const, isSnapped: false };
  }

  private end(): void {
    this.engine.overlay = {};
    this.engine.hint(undefined);
    this.engine.kick();
  }
}
