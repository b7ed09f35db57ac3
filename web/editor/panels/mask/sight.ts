// How a picture is looked at while it is worked on: nearer, and moved aside.
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { Point } from "@/document/types";

/** Where the middle of the stage lies, beside its place, in CSS pixels; and how many times its size it is drawn. */
export interface SightValue {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export const WHOLE: SightValue = { x: 0, y: 0, z: 1 };
const CLOSEST = 32;
const FARTHEST = 0.25;
const KEY_FACTOR = 1.25;

/** Look nearer by a factor; what is at a point stays there.
 *
 * @param at beside the place of the stage's middle, in CSS pixels.
 */
export function zoomedAt({ x, y, z }: SightValue, factor: number, at: Point = [0, 0]): SightValue {
  const next = Math.min(CLOSEST, Math.max(FARTHEST, z * factor));
  const scale = next / z;
  return { x: at[0] - (at[0] - x) * scale, y: at[1] - (at[1] - y) * scale, z: next };
}

/** Ctrl+wheel, pinch and + - zoom, the middle button and Space pan, 0 shows all. */
export function useSight() {
  const [value, setValue] = useState(WHOLE);
  const ref = useRef<HTMLDivElement>(null);
  /** What is on the screen now; the state may be ahead of it. */
  const drawn = useRef(WHOLE);
  const isSpaceDown = useRef(false);
  const held = useRef<Point | undefined>(undefined);
  useLayoutEffect(() => {
    drawn.current = value;
  }, [value]);
  useEffect(() => {
    // On the window: React's own wheel listeners cannot keep the browser from zooming the page.
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey || ref.current === null) return;
      event.preventDefault();
      const { left, top, width, height } = ref.current.getBoundingClientRect();
      const { x, y } = drawn.current;
      const at: Point = [event.clientX - (left + width / 2 - x), event.clientY - (top + height / 2 - y)];
      setValue((before) => zoomedAt(before, 2 ** (-event.deltaY / 300), at));
    };
    window.addEventListener("wheel", wheel, { passive: false });
    return () => window.removeEventListener("wheel", wheel);
  }, []);
  const zoom = (factor: number) => setValue((before) => zoomedAt(before, factor));
  const reset = () => setValue(WHOLE);
  const style: CSSProperties = { transform: `translate(${value.x}px, ${value.y}px) scale(${value.z})` };
  return {
    value,
    ref,
    style,
    zoom,
    reset,
    /** Whether the button that went down pans. */
    down(event: PointerEvent<HTMLElement>): boolean {
      if (event.button !== 1 && !(event.button === 0 && isSpaceDown.current)) return false;
      event.preventDefault();
      event.currentTarget.setPointerCapture(event.pointerId);
      held.current = [event.clientX, event.clientY];
      return true;
    },
    move(event: PointerEvent<HTMLElement>): boolean {
      if (held.current === undefined) return false;
      const [x, y] = held.current;
      held.current = [event.clientX, event.clientY];
      setValue((before) => ({ ...before, x: before.x + event.clientX - x, y: before.y + event.clientY - y }));
      return true;
    },
    up(): void {
      held.current = undefined;
    },
    /** Whether a key was one of these. */
    key(event: KeyboardEvent): boolean {
      if (event.ctrlKey || event.metaKey || event.altKey) return false;
      const isButton = event.target instanceof Element && event.target.closest("button, input") !== null;
      if (event.key === " " && !isButton) isSpaceDown.current = true;
      else if (event.key === "0") reset();
      else if (event.key === "+" || event.key === "=") zoom(KEY_FACTOR);
      else if (event.key === "-") zoom(1 / KEY_FACTOR);
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    keyUp(event: KeyboardEvent): void {
      if (event.key === " ") isSpaceDown.current = false;
    },
  };
}
