// Pointers and the wheel: finds out which situation a press begins, and keeps it going until the release.

import { IS_MAC } from "@/commands/chords";
import type { Point } from "@/document/types";
import { setPoints } from "@/graphEdits/links";
import { type ItemKey, itemOf, nodeKey, select } from "@/view/store";
import type { Engine } from "./engine";
import { type Hit, hitTest } from "./hit";
import { CutLinks } from "./situations/cutLinks";
import { DragItems } from "./situations/dragItems";
import { DragPoint } from "./situations/dragPoint";
import { linkFrom } from "./situations/linkFrom";
import { Marquee } from "./situations/marquee";
import { Resize } from "./situations/resize";
import { Pan, type PointerPlace, Press, type Situation } from "./situations/situation";
import { wheelMeans } from "./wheel";

/** Controls inside of nodes that take pointer and keys themselves. */
const OWN = "[data-widget], button, input, textarea, select, a, [contenteditable]";
const EDGE_PX = 36;
const EDGE_SPEED = 14;

export interface PointerEvents {
  /** A right click without movement. */
  onMenu(hit: Hit, client: Point): void;
  onHover(hit: Hit, client: Point): void;
}

/** Listens to a canvas until it is closed. */
export class Pointer {
  private situation: Situation | undefined;
  private pointerId: number | undefined;
  private isSpaceDown = false;
  private place: PointerPlace | undefined;
  private edgeRequest = 0;
  private readonly touches = new Map<number, Point>();
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly events: PointerEvents,
  ) {
    const root = engine.element;
    this.on(root, "pointerdown", (event) => this.down(event as PointerEvent));
    this.on(root, "pointermove", (event) => this.moved(event as PointerEvent));
    this.on(root, "pointerup", (event) => this.up(event as PointerEvent));
    this.on(root, "pointercancel", () => this.cancel());
    this.on(root, "lostpointercapture", () => this.cancel());
    this.on(root, "pointerleave", () => this.left());
    this.on(root, "dblclick", (event) => this.doubleClick(event as MouseEvent));
    this.on(root, "contextmenu", (event) => event.preventDefault());
    this.on(root, "wheel", (event) => this.wheel(event as WheelEvent), { passive: false });
    this.on(window, "keydown", (event) => this.key(event as KeyboardEvent, true), { capture: true });
    this.on(window, "keyup", (event) => this.key(event as KeyboardEvent, false), { capture: true });
    this.on(window, "blur", () => this.cancel());
  }

  close(): void {
    this.cancel();
    for (const stop of this.stops) stop();
  }

  private on(
    target: EventTarget,
    type: string,
    listener: (event: Event) => void,
    options?: AddEventListenerOptions,
  ): void {
    target.addEventListener(type, listener, options);
    this.stops.push(() => target.removeEventListener(type, listener, options));
  }

  private placeOf(event: MouseEvent): PointerPlace {
    return {
      client: [event.clientX, event.clientY],
      world: this.engine.toWorld(event.clientX, event.clientY),
      shift: event.shiftKey,
      alt: event.altKey,
      mod: IS_MAC ? event.metaKey : event.ctrlKey,
    };
  }

  private hitAt({ world }: PointerPlace): Hit {
    return hitTest(this.engine.scene, world, {
      zoom: this.engine.camera.z,
      style: this.engine.app.ui.getState().linkStyle,
    });
  }

  private down(event: PointerEvent): void {
    this.engine.element.removeAttribute("data-keyboard");
    if (event.pointerType === "touch" && this.touched(event)) return;
    if (this.situation !== undefined) return;
    const place = this.placeOf(event);
    const isPan = event.button === 1 || (event.button === 0 && this.isSpaceDown);
    const hit = this.hitAt(place);
    const isOwn = event.target instanceof Element && event.target.closest(OWN) !== null;
    if (isOwn && !isPan && !(hit.kind === "socket" && event.button === 0)) return;
    const next = isPan
      ? new Pan(this.engine, place)
      : this.begin(event.button, hit, place, event.pointerType === "touch");
    if (next === undefined) return;
    event.preventDefault();
    if (!(document.activeElement instanceof HTMLElement && this.engine.element === document.activeElement))
      this.engine.focus();
    this.pointerId = event.pointerId;
    this.engine.element.setPointerCapture(event.pointerId);
    this.become(next, place);
  }

  private begin(button: number, hit: Hit, place: PointerPlace, isTouch: boolean): Situation | undefined {
    const { engine } = this;
    if (button === 2) {
      if (place.mod && place.shift) return new CutLinks(engine, place);
      return new Press(
        place,
        (end) => this.events.onMenu(hit, end.client),
        (start) => new Pan(engine, start),
      );
    }
    if (button !== 0) return undefined;
    if (place.mod && place.shift && hit.kind !== "node") return new CutLinks(engine, place);
    if (hit.kind === "socket") {
      return new Press(place, undefined, () => linkFrom(engine, hit.socket, place));
    }
    return hit.kind === "empty" ? this.beginEmpty(place, isTouch) : this.beginItem(hit, place);
  }

  private beginEmpty(place: PointerPlace, isTouch: boolean): Situation {
    const { engine } = this;
    const pans = isTouch || (engine.app.ui.getState().dragEmpty === "pan" && !place.shift);
    return new Press(
      place,
      () => {
        if (!place.shift && !place.mod) select(engine.tab.view, []);
        engine.tab.view.setState({ focused: undefined });
      },
      (start) => (pans ? new Pan(engine, start) : new Marquee(engine, start)),
    );
  }

  private beginItem(hit: Exclude<Hit, { kind: "socket" | "empty" }>, place: PointerPlace): Situation {
    const { engine } = this;
    if (hit.kind === "point")
      return new Press(
        place,
        () => this.click(keyOf(hit), place),
        () => new DragPoint(engine, hit.wire, hit.index),
      );
    const key = keyOf(hit);
    if (hit.kind === "wire") {
      return new Press(
        place,
        () => (place.alt ? this.bend(hit, place) : this.click(key, place)),
        (start) => new Marquee(engine, start),
      );
    }
    if (hit.part === "corner")
      return new Press(
        place,
        () => this.click(key, place),
        (start) => new Resize(engine, key, start),
      );
    if (hit.kind === "node") engine.raise(hit.node.id);
    const { selection } = engine.tab.view.getState();
    const wasSelected = selection.has(key);
    if (!wasSelected && !place.shift && !place.mod) select(engine.tab.view, [key]);
    return new Press(
      place,
      () => this.click(key, place),
      (start) => {
        if (!engine.tab.view.getState().selection.has(key)) select(engine.tab.view, [...selection, key]);
        return new DragItems(engine, start);
      },
    );
  }

  /** Shift adds, Ctrl toggles, a plain click selects just this. */
  private click(key: ItemKey, { shift, mod }: PointerPlace): void {
    const { view } = this.engine.tab;
    const { selection } = view.getState();
    if (mod)
      select(view, selection.has(key) ? [...selection].filter((each) => each !== key) : [...selection, key]);
    else if (shift) select(view, [...selection, key]);
    else select(view, [key]);
    const { kind, id } = itemOf(key);
    view.setState({ focused: kind === "node" ? id : undefined });
  }

  private bend(hit: Extract<Hit, { kind: "wire" }>, { world }: PointerPlace): void {
    const { tab, scene, app } = this.engine;
    const { to, input } = hit.wire.wire;
    const points = hit.wire.points.slice(1, -1);
    points.splice(hit.segment, 0, [Math.round(world[0]), Math.round(world[1])]);
    tab.document.edit(app.t("canvas.bendAdded"), (draft) =>
      setPoints(draft, scene.scope, { node: to, input }, points),
    );
  }

  private doubleClick(event: MouseEvent): void {
    const place = this.placeOf(event);
    const isOwn = event.target instanceof Element && event.target.closest(OWN) !== null;
    if (isOwn || event.button !== 0) return;
    const hit = this.hitAt(place);
    if (hit.kind === "empty") this.engine.openSearch({ at: place.world });
    else if (hit.kind === "wire") this.bend(hit, place);
    else this.engine.onOpenItem?.(hit);
  }

  private moved(event: PointerEvent): void {
    this.engine.lastPointer = [event.clientX, event.clientY];
    if (event.pointerType === "touch" && this.pinched(event)) return;
    const place = this.placeOf(event);
    this.place = place;
    if (this.situation === undefined) {
      this.hover(event, place);
      return;
    }
    const next = this.situation.move?.(place);
    if (next !== undefined) this.become(next, place);
    if (this.situation.pansAtEdge) this.panAtEdge();
  }

  private hover(event: PointerEvent, place: PointerPlace): void {
    const hit = this.hitAt(place);
    const isOwn = event.target instanceof Element && event.target.closest(OWN) !== null;
    this.engine.element.style.cursor = this.isSpaceDown ? "grab" : isOwn ? "" : cursorOf(hit);
    const key =
      hit.kind === "node" || hit.kind === "wire"
        ? keyOf(hit)
        : hit.kind === "socket"
          ? nodeKey(hit.socket.node)
          : undefined;
    if (this.engine.tab.view.getState().hovered !== key) this.engine.tab.view.setState({ hovered: key });
    this.events.onHover(hit, place.client);
  }

  private up(event: PointerEvent): void {
    this.touches.delete(event.pointerId);
    if (event.pointerId !== this.pointerId || this.situation === undefined) return;
    const { situation } = this;
    this.finish();
    situation.up?.(this.placeOf(event));
  }

  private cancel(): void {
    const { situation } = this;
    this.finish();
    this.touches.clear();
    situation?.cancel?.();
  }

  private become(situation: Situation, place: PointerPlace): void {
    this.situation = situation;
    this.place = place;
    this.engine.element.style.cursor = situation.cursor ?? "";
    this.engine.element.toggleAttribute("data-busy", !(situation instanceof Press));
  }

  private finish(): void {
    cancelAnimationFrame(this.edgeRequest);
    this.edgeRequest = 0;
    this.situation = undefined;
    const id = this.pointerId;
    this.pointerId = undefined;
    if (id !== undefined && this.engine.element.hasPointerCapture(id))
      this.engine.element.releasePointerCapture(id);
    this.engine.element.style.cursor = "";
    this.engine.element.removeAttribute("data-busy");
  }

  private left(): void {
    if (this.situation !== undefined) return;
    this.engine.lastPointer = undefined;
    if (this.engine.tab.view.getState().hovered !== undefined)
      this.engine.tab.view.setState({ hovered: undefined });
    this.events.onHover({ kind: "empty" }, [0, 0]);
  }

  private wheel(event: WheelEvent): void {
    const target = event.target instanceof Element ? event.target : undefined;
    const focused = target?.closest("textarea, [data-scrolls]");
    if (focused?.contains(document.activeElement) && !event.ctrlKey) return; // it scrolls itself
    event.preventDefault();
    const means = wheelMeans(event, this.engine.app.ui.getState().wheel);
    const { left, top } = this.engine.element.getBoundingClientRect();
    if (means.kind === "zoom")
      this.engine.camera.zoomAt(event.clientX - left, event.clientY - top, means.factor);
    else this.engine.camera.panBy(means.dx, means.dy);
  }

  private key(event: KeyboardEvent, isDown: boolean): void {
    if (event.key === "Escape" && isDown && this.situation !== undefined) {
      event.stopPropagation();
      this.cancel();
    }
    if (isDown && (event.key === "Tab" || event.key.startsWith("Arrow")))
      this.engine.element.setAttribute("data-keyboard", "");
    if (event.code !== "Space" || (event.target instanceof Element && event.target.closest(OWN) !== null))
      return;
    this.isSpaceDown = isDown;
    this.engine.element.style.cursor = isDown ? "grab" : "";
    if (isDown && event.target === this.engine.element) event.preventDefault();
  }

  /** Moves the view while a drag is held at the edge. */
  private panAtEdge(): void {
    if (this.edgeRequest !== 0) return;
    const step = () => {
      this.edgeRequest = 0;
      const { situation, place } = this;
      if (situation?.pansAtEdge !== true || place === undefined) return;
      const [dx, dy] = edgePush(this.engine.element.getBoundingClientRect(), place.client);
      if (dx === 0 && dy === 0) return;
      this.engine.camera.panBy(dx, dy);
      const moved = { ...place, world: this.engine.toWorld(...place.client) };
      this.place = moved;
      situation.move?.(moved);
      this.edgeRequest = requestAnimationFrame(step);
    };
    this.edgeRequest = requestAnimationFrame(step);
  }

  /** A second finger turns whatever goes on into a pinch. Returns whether it did. */
  private touched(event: PointerEvent): boolean {
    this.touches.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.touches.size < 2) return false;
    const { situation } = this;
    this.finish();
    situation?.cancel?.();
    return true;
  }

  private pinched(event: PointerEvent): boolean {
    const before = [...this.touches.values()];
    if (!this.touches.has(event.pointerId)) return false;
    this.touches.set(event.pointerId, [event.clientX, event.clientY]);
    const after = [...this.touches.values()];
    const [a, b] = before;
    const [c, d] = after;
    if (a === undefined || b === undefined || c === undefined || d === undefined) return false;
    const { left, top } = this.engine.element.getBoundingClientRect();
    const [fromX, fromY, toX, toY] = [
      (a[0] + b[0]) / 2,
      (a[1] + b[1]) / 2,
      (c[0] + d[0]) / 2,
      (c[1] + d[1]) / 2,
    ];
    const factor = Math.hypot(c[0] - d[0], c[1] - d[1]) / Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1]));
    this.engine.camera.panBy(toX - fromX, toY - fromY);
    this.engine.camera.zoomAt(toX - left, toY - top, factor);
    return true;
  }
}

/** How far the view moves each frame while a drag is at the edge. */
export function edgePush(
  rect: { left: number; top: number; right: number; bottom: number },
  [x, y]: Point,
): Point {
  const push = (low: number, high: number, at: number) => {
    if (at < low + EDGE_PX) return EDGE_SPEED * Math.min(1, (low + EDGE_PX - at) / EDGE_PX);
    return at > high - EDGE_PX ? -EDGE_SPEED * Math.min(1, (at - high + EDGE_PX) / EDGE_PX) : 0;
  };
  return [push(rect.left, rect.right, x), push(rect.top, rect.bottom, y)];
}

/** The key of what was hit. */
export function keyOf(hit: Exclude<Hit, { kind: "socket" | "empty" }>): ItemKey {
  switch (hit.kind) {
    case "node":
      return nodeKey(hit.node.id);
    case "wire":
      return `link:${hit.wire.key}`;
    case "point":
      return `point:${hit.wire.key}\n${hit.index}`;
    default:
      return `${hit.kind}:${hit.id}`;
  }
}

function cursorOf(hit: Hit): string {
  if (hit.kind === "socket") return "crosshair";
  if (hit.kind === "empty") return "";
  if (hit.kind === "wire" || hit.kind === "point") return "pointer";
  return hit.part === "corner" ? "nwse-resize" : hit.part === "head" ? "grab" : "";
}
