// What the wheel means: a mouse wheel zooms (or pans, as people like), two fingers on a trackpad pan, a pinch zooms.

export type WheelMeaning =
  | { readonly kind: "zoom"; readonly factor: number }
  | { readonly kind: "pan"; readonly dx: number; readonly dy: number };

type Wheel = Pick<WheelEvent, "deltaX" | "deltaY" | "deltaMode" | "ctrlKey" | "metaKey" | "shiftKey"> & {
  readonly wheelDeltaY?: number;
};

const LINE_PX = 16;
const PAGE_PX = 400;

/** The meaning of a turn of the wheel. */
export function wheelMeans(event: Wheel, habit: "zoom" | "pan"): WheelMeaning {
  const unit = event.deltaMode === 0 ? 1 : event.deltaMode === 1 ? LINE_PX : PAGE_PX;
  const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
  const isPinch = event.ctrlKey || event.metaKey;
  const pans = !isPinch && (habit === "pan" || isTrackpad(event) || event.shiftKey);
  if (pans)
    return event.shiftKey && dx === 0 ? { kind: "pan", dx: -dy, dy: 0 } : { kind: "pan", dx: -dx, dy: -dy };
  const speed = isPinch && isTrackpad(event) ? 0.01 : 0.0022;
  return { kind: "zoom", factor: 2 ** (-Math.max(-400, Math.min(400, dy)) * speed) };
}

/** Trackpads tell pixels, whose old-fashioned `wheelDelta` is three times as many; a mouse tells notches of 120. */
function isTrackpad({ deltaX, deltaY, deltaMode, wheelDeltaY }: Wheel): boolean {
  if (deltaMode !== 0) return false;
  if (deltaX !== 0 && deltaY !== 0) return true;
  return (
    wheelDeltaY !== undefined &&
    wheelDeltaY !== 0 &&
    wheelDeltaY === -3 * deltaY &&
    Math.abs(wheelDeltaY) % 120 !== 0
  );
}
