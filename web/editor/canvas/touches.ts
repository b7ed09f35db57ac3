// Fingers: two of them zoom and move the view, one that rests opens the menu.
import type { Point } from "@/document/types";
import { DRAG_PX } from "./situations/situation";

const LONG_PRESS_MS = 500;
/** A finger rests less quietly than a mouse. */
const REST_PX = 2 * DRAG_PX;

/** Two fingers moved: so far, and by this factor apart, around a place. Page coordinates. */
export interface Pinch {
  readonly by: Point;
  readonly factor: number;
  readonly at: Point;
}

/** Follows the fingers on the canvas. */
export class Touches {
  private readonly places = new Map<number, Point>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private start: Point = [0, 0];

  /** @param onLongPress a finger rested for half a second. */
  constructor(private readonly onLongPress: (at: Point) => void) {}

  /** Whether two fingers are down. */
  get isPinch(): boolean {
    return this.places.size > 1;
  }

  /** A finger came down. Returns whether it is the second one: whatever goes on is a pinch from here on.
   *
   * @param mayRest whether a long press means anything there.
   */
  down(finger: number, at: Point, mayRest: boolean): boolean {
    this.places.set(finger, at);
    clearTimeout(this.timer);
    if (this.isPinch) return true;
    this.start = at;
    if (mayRest) this.timer = setTimeout(() => this.onLongPress(at), LONG_PRESS_MS);
    return false;
  }

  /** A finger moved; tells what that means if there are two. */
  move(finger: number, at: Point): Pinch | undefined {
    if (!this.places.has(finger)) return undefined;
    if (Math.hypot(at[0] - this.start[0], at[1] - this.start[1]) > REST_PX) clearTimeout(this.timer);
    const before = [...this.places.values()];
    this.places.set(finger, at);
    const after = [...this.places.values()];
    const [a, b] = before;
    const [c, d] = after;
    if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
    const [from, to] = [middle(a, b), middle(c, d)];
    return { by: [to[0] - from[0], to[1] - from[1]], factor: apart(c, d) / Math.max(1, apart(a, b)), at: to };
  }

  up(finger: number): void {
    this.places.delete(finger);
    clearTimeout(this.timer);
  }

  clear(): void {
    this.places.clear();
    clearTimeout(this.timer);
  }
}

function middle(a: Point, b: Point): Point {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

function apart(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
