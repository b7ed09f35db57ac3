// What was done to a mask, step by step; the mask is drawn anew from it, so undo costs nothing.
import type { Point } from "@/document/types";

export interface Stroke {
  readonly kind: "stroke";
  readonly erases: boolean;
  /** Across, in pixels of the picture. */
  readonly size: number;
  readonly points: readonly Point[];
}

export type MaskStep = Stroke | { readonly kind: "invert" | "clear" | "fill" };

export interface MaskHistory {
  readonly done: readonly MaskStep[];
  readonly undone: readonly MaskStep[];
}

export const NO_STEPS: MaskHistory = { done: [], undone: [] };

export function withStep({ done }: MaskHistory, step: MaskStep): MaskHistory {
  return { done: [...done, step], undone: [] };
}

export function undoStep({ done, undone }: MaskHistory): MaskHistory {
  const last = done.at(-1);
  return last === undefined ? { done, undone } : { done: done.slice(0, -1), undone: [last, ...undone] };
}

export function redoStep({ done, undone }: MaskHistory): MaskHistory {
  const [next, ...rest] = undone;
  return next === undefined ? { done, undone } : { done: [...done, next], undone: rest };
}

/** The size of the brush after a turn of the wheel or a key: finer steps where it is small. */
export function nextSize(size: number, way: -1 | 1): number {
  const next = size * (way > 0 ? 1.2 : 1 / 1.2);
  const whole = Math.round(next) === Math.round(size) ? size + way : next;
  return Math.min(1000, Math.max(1, Math.round(whole)));
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Draw a mask: opaque where the picture is to be made anew.
 *
 * @param start the mask that the picture came with.
 */
export function drawMask(
  context: Context,
  steps: readonly MaskStep[],
  start: CanvasImageSource | undefined,
): void {
  const { width, height } = context.canvas;
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, width, height);
  if (start !== undefined) context.drawImage(start, 0, 0, width, height);
  for (const step of steps) drawStep(context, step);
}

/** Draw one step over what is there. */
export function drawStep(context: Context, step: MaskStep): void {
  const { width, height } = context.canvas;
  context.fillStyle = context.strokeStyle = "rgb(255 255 255)";
  if (step.kind === "stroke") drawStroke(context, step);
  else if (step.kind === "clear") context.clearRect(0, 0, width, height);
  else {
    // What is left of a full cover when the mask is cut out of it is the opposite mask.
    context.globalCompositeOperation = step.kind === "fill" ? "source-over" : "source-out";
    context.fillRect(0, 0, width, height);
  }
  context.globalCompositeOperation = "source-over";
}

function drawStroke(context: Context, { erases, size, points }: Stroke): void {
  const [first, ...others] = points;
  if (first === undefined) return;
  context.globalCompositeOperation = erases ? "destination-out" : "source-over";
  context.lineWidth = size;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(...first);
  if (others.length === 0) context.lineTo(first[0], first[1] + 0.01);
  for (const point of others) context.lineTo(...point);
  context.stroke();
}

/** The alpha that `LoadImage` reads: its mask is one minus alpha. Takes a mask (opaque: anew), gives the picture's alpha. */
export function alphaOf(mask: Uint8ClampedArray): Uint8ClampedArray {
  const alpha = new Uint8ClampedArray(mask.length);
  for (let at = 3; at < mask.length; at += 4) alpha[at] = 255 - (mask[at] ?? 0);
  return alpha;
}
