// Draws a link from a socket to another, or moves the end of one that is there.
import { lookupIn } from "@/catalogue/store";
import type { NodeId, Point } from "@/document/types";
import { connect, disconnect, type InputEnd, moveLinks } from "@/graphEdits/links";
import { converter } from "@/graphEdits/matching";
import type { Engine } from "../engine";
import { hitTest, type SocketRef } from "../hit";
import { circular, refusal, type SnapTarget, snapTarget } from "../snap";
import { isAtBorder, leadOutside } from "./border";
import { insertConverter } from "./converting";
import type { PointerPlace, Situation } from "./situation";

export interface DraggedLink {
  /** The end that stays. */
  readonly from: SocketRef;
  /** Where that end is. */
  readonly at: Point;
  /** The link that is moved: it goes if it is dropped nowhere. */
  readonly picked?: InputEnd;
  /** All links of an output, moved together to another output; `from` is then the first of their inputs. */
  readonly moving?: readonly InputEnd[];
}

/** A link that follows the pointer. Compatible sockets grow, the nearest one snaps. */
export class DragLink implements Situation {
  readonly cursor = "crosshair";
  private readonly closed: ReadonlySet<NodeId>;
  private snapped: SnapTarget | undefined;
  private isAtBorder = false;

  constructor(
    private readonly engine: Engine,
    private readonly link: DraggedLink,
  ) {
    const { from, picked, moving } = link;
    this.closed = circular(engine.scene, from);
    engine.tab.view.setState({
      linking: { side: from.side, node: from.node, type: from.type, closed: this.closed },
    });
    const ends = moving ?? (picked === undefined ? [] : [picked]);
    engine.faded = new Set(ends.map((end) => `${end.node}\n${end.input}`));
  }

  /** At the border of a subgraph the view stays where it is. */
  get pansAtEdge(): boolean {
    return !this.isAtBorder;
  }

  move(place: PointerPlace): undefined {
    const { engine, link } = this;
    this.noteBorder(link.moving === undefined && isAtBorder(engine, link.from, place));
    this.snapped = this.isAtBorder
      ? undefined
      : snapTarget(engine.scene, link.from, place.world, engine.camera.z, this.closed);
    engine.overlay = {
      link: {
        from: link.at,
        to: this.snapped?.at ?? place.world,
        type: link.from.side === "output" ? link.from.type : (this.snapped?.socket.type ?? link.from.type),
        side: link.from.side,
        isSnapped: this.snapped !== undefined,
      },
    };
    const isFree = this.snapped === undefined && !this.isAtBorder;
    engine.hint(isFree ? this.complaint(place) : undefined, place.client);
    engine.kick();
  }

  up(place: PointerPlace): void {
    const { snapped } = this;
    const refused = snapped === undefined ? this.refusedAt(place) : undefined;
    this.end();
    if (this.isAtBorder) leadOutside(this.engine, this.link.from, this.link.picked);
    else if (snapped !== undefined) this.join(snapped.socket);
    else if (refused !== undefined) this.offerConverter(refused, place);
    else if (this.link.picked !== undefined) this.drop(this.link.picked);
    else if (this.link.moving === undefined) this.search(place);
  }

  cancel(): void {
    this.end();
  }

  private noteBorder(isAtBorder: boolean): void {
    if (this.isAtBorder === isAtBorder) return;
    this.isAtBorder = isAtBorder;
    const { view } = this.engine.tab;
    const { linking } = view.getState();
    if (linking !== undefined) view.setState({ linking: { ...linking, isAtBorder } });
  }

  private join(to: SocketRef): void {
    const { engine, link } = this;
    const { scope } = engine.scene;
    const { t } = engine.app;
    engine.tab.document.edit(t("canvas.linked"), (draft) => {
      if (link.moving !== undefined) {
        if (to.side === "output") moveLinks(draft, scope, link.moving, { node: to.node, slot: to.slot });
        return;
      }
      const [output, input] = link.from.side === "output" ? [link.from, to] : [to, link.from];
      if (output.side !== "output" || input.side !== "input") return;
      const isSame = link.picked?.node === input.node && link.picked.input === input.name;
      if (link.picked !== undefined && !isSame) disconnect(draft, scope, link.picked);
      if (!isSame)
        connect(
          draft,
          scope,
          { node: output.node, slot: output.slot },
          { node: input.node, input: input.name },
        );
    });
    engine.app.announce(t("canvas.linked"));
  }

  private drop(picked: InputEnd): void {
    const { tab, scene, app } = this.engine;
    tab.document.edit(app.t("canvas.unlinked"), (draft) => disconnect(draft, scene.scope, picked));
    app.announce(app.t("canvas.unlinked"));
  }

  private search(place: PointerPlace): void {
    const { from } = this.link;
    const end = { node: from.node, side: from.side, type: from.type };
    const which = from.side === "output" ? { slot: from.slot, name: "" } : { slot: 0, name: from.name };
    this.engine.openSearch({ at: place.world, from: { ...end, ...which }, partners: place.shift });
  }

  /** The socket under the pointer that does not take the link. */
  private refusedAt({ world }: PointerPlace): SocketRef | undefined {
    const options = { zoom: this.engine.camera.z, style: "hidden" as const };
    const hit = hitTest(this.engine.scene, world, options);
    return hit.kind === "socket" && hit.socket.node !== this.link.from.node ? hit.socket : undefined;
  }

  private complaint(place: PointerPlace): string | undefined {
    const { engine, link } = this;
    const to = this.refusedAt(place);
    const why = to === undefined ? undefined : refusal(engine.scene, link.from, to);
    if (to === undefined || why === undefined) return undefined;
    const { t } = engine.app;
    if (why === "cycle") return t("canvas.refusedCycle");
    if (why !== "type") return undefined;
    const [received, wanted] =
      link.from.side === "output" ? [link.from.type, to.type] : [to.type, link.from.type];
    const found = this.converterOf(received, wanted);
    return found === undefined
      ? t("canvas.refusedType", { from: received, to: wanted })
      : t("canvas.refusedTypeConvert", { from: received, to: wanted, node: found.title });
  }

  private converterOf(received: string, wanted: string) {
    return converter(received, wanted, this.engine.app.catalogue.getState().types.values());
  }

  private offerConverter(to: SocketRef, place: PointerPlace): void {
    const { engine, link } = this;
    const [output, input] = link.from.side === "output" ? [link.from, to] : [to, link.from];
    const complaint = this.complaint(place);
    if (complaint === undefined || output.side !== "output" || input.side !== "input") return;
    const found = this.converterOf(output.type, input.type);
    const type = found === undefined ? undefined : lookupIn(engine.app.catalogue.getState())(found.id);
    if (type === undefined) {
      engine.app.toasts.show("warning", complaint);
      return;
    }
    const label = engine.app.t("canvas.insertNode", { node: type.title });
    engine.app.toasts.show("info", complaint, {
      action: { label, run: () => insertConverter(engine, type, output, input) },
    });
  }

  private end(): void {
    this.engine.overlay = {};
    this.engine.faded = new Set();
    this.engine.hint(undefined);
    this.engine.tab.view.setState({ linking: undefined });
    this.engine.kick();
  }
}
