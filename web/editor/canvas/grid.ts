// The dots of the background as one pattern: a fill, whatever the zoom, instead of thousands.
import type { Bounds } from "./handle";

const STEP = 24;
/** Dots that would come closer than this are drawn four times as far apart. */
const LEAST_PX = 16;

/** Fills what is in view with dots. Keeps one small tile for each size and colour. */
export class DotGrid {
  private tile: { readonly key: string; readonly pattern: CanvasPattern | null } | undefined;

  /** @param ratio device pixels to a CSS pixel. The context is in world units. */
  paint(context: CanvasRenderingContext2D, shown: Bounds, zoom: number, ratio: number, colour: string): void {
    let step = STEP;
    while (step * zoom < LEAST_PX) step *= 4;
    const size = Math.max(2, Math.round(step * zoom * ratio));
    const pattern = this.patternOf(context, size, Math.max(1, Math.round(1.4 * zoom * ratio)), colour);
    if (pattern === null) return;
    pattern.setTransform(new DOMMatrix().scale(step / size));
    context.fillStyle = pattern;
    context.fillRect(shown.x, shown.y, shown.width, shown.height);
  }

  private patternOf(
    context: CanvasRenderingContext2D,
    size: number,
    dot: number,
    colour: string,
  ): CanvasPattern | null {
    const key = `${size} ${dot} ${colour}`;
    if (this.tile?.key === key) return this.tile.pattern;
    const canvas = document.createElement("canvas");
    canvas.width = size;
    canvas.height = size;
    const pen = canvas.getContext("2d");
    if (pen !== null) {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, dot, dot);
    }
    this.tile = { key, pattern: context.createPattern(canvas, "repeat") };
    return this.tile.pattern;
  }
}
