// Pointers and the wheel: finds out which situation a press begins, and keeps it going until the release.

import { IS_MAC } from "@/commands/chords";
import type { Point } from "@/document/types";
import type { Engine } from "./engine";
import { type Hit, hitTest } from "./hit";
import { bend, hoveredKey, situationOf } from "./presses";
import { Pan, type PointerPlace, Press, type Situation } from "./situations/situation";
import { Touches } from "./touches";
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
  private readonly touches = new Touches((at) => this.longPress(at));
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

  private hitAt({ world }: Pick<PointerPlace, "world">): Hit {
    return hitTest(this.engine.scene, world, {
      zoom: this.engine.camera.z,
      style: this.engine.app.ui.getState().linkStyle,
    });
  }

  private down(event: PointerEvent): void {
    this.engine.element.removeAttribute("data-keyboard");
    const isOwn = isOwnControl(event);
    const isTouch = event.pointerType === "touch";
    if (isTouch && this.touches.down(event.pointerId, [event.clientX, event.clientY], !isOwn))
      this.cancelDrag();
    if (this.situation !== undefined || this.touches.isPinch) return;
    const place = this.placeOf(event);
    const isPan = event.button === 1 || (event.button === 0 && this.isSpaceDown);
    const hit = this.hitAt(place);
    if (isOwn && !isPan && !(hit.kind === "socket" && event.button === 0)) return;
    const next = isPan
      ? new Pan(this.engine, place)
      : situationOf(this.engine, place, {
          button: event.button,
          hit,
          isTouch,
          onMenu: (which, end) => this.events.onMenu(which, end.client),
        });
    if (next === undefined) return;
    event.preventDefault();
    if (!(document.activeElement instanceof HTMLElement && this.engine.element === document.activeElement))
      this.engine.focus();
    this.pointerId = event.pointerId;
    this.engine.element.setPointerCapture(event.pointerId);
    this.become(next, place);
  }

  private doubleClick(event: MouseEvent): void {
    const place = this.placeOf(event);
    if (isOwnControl(event) || event.button !== 0) return;
    const hit = this.hitAt(place);
    if (hit.kind === "empty") this.engine.openSearch({ at: place.world });
    else if (hit.kind === "wire") bend(this.engine, hit, place);
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
    this.engine.element.style.cursor = this.isSpaceDown ? "grab" : isOwnControl(event) ? "" : cursorOf(hit);
    const key = hoveredKey(hit);
    if (this.engine.tab.view.getState().hovered !== key) this.engine.tab.view.setState({ hovered: key });
    this.events.onHover(hit, place.client);
  }

  private up(event: PointerEvent): void {
    this.touches.up(event.pointerId);
    if (event.pointerId !== this.pointerId || this.situation === undefined) return;
    const { situation } = this;
    this.finish();
    situation.up?.(this.placeOf(event));
  }

  private cancel(): void {
    this.touches.clear();
    this.cancelDrag();
  }

  private cancelDrag(): void {
    const { situation } = this;
    this.finish();
    situation?.cancel?.();
  }

  /** A finger that rests means what a right click does. */
  private longPress(at: Point): void {
    this.cancel();
    this.events.onMenu(this.hitAt({ world: this.engine.toWorld(...at) }), at);
  }

  private pinched(event: PointerEvent): boolean {
    const pinch = this.touches.move(event.pointerId, [event.clientX, event.clientY]);
    if (pinch === undefined) return false;
    const { left, top } = this.engine.element.getBoundingClientRect();
    this.engine.camera.panBy(...pinch.by);
    this.engine.camera.zoomAt(pinch.at[0] - left, pinch.at[1] - top, pinch.factor);
    return true;
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
    if (event.code !== "Space" || isOwnControl(event)) return;
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

/** Whether something inside of a node takes this event itself. */
function isOwnControl({ target }: Event): boolean {
  return target instanceof Element && target.closest(OWN) !== null;
}

function cursorOf(hit: Hit): string {
  if (hit.kind === "socket") return "crosshair";
  if (hit.kind === "empty") return "";
  if (hit.kind === "wire" || hit.kind === "point") return "pointer";
  return hit.part === "corner" ? "nwse-resize" : hit.part === "head" ? "grab" : "";
}
