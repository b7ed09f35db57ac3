// The canvases that the engine paints on: their size, their pixels, and where the world lies on them.
import type { Camera } from "@/view/store";

/** Above this many pixels the backing store is drawn at 1.5 device pixels at most. */
const MOST_PIXELS = 8_000_000;

/** From the lowest to the highest: what is there, what moves along links, what lies over the nodes. */
export type LayerName = "below" | "flow" | "above";
export type Layers = Readonly<Record<LayerName, HTMLCanvasElement>>;

/** Knows how many device pixels the canvases have, and gives out contexts in world units. */
export class Surface {
  /** CSS pixels. */
  width = 0;
  height = 0;
  /** Device pixels to a CSS pixel. */
  ratio = 1;

  constructor(
    private readonly root: HTMLElement,
    private readonly layers: Layers,
  ) {}

  /** Take the size of the page. All canvases are empty then. */
  resize(): void {
    const { clientWidth, clientHeight } = this.root;
    this.width = clientWidth;
    this.height = clientHeight;
    const ratio = window.devicePixelRatio || 1;
    this.ratio = clientWidth * clientHeight * ratio * ratio > MOST_PIXELS ? Math.min(ratio, 1.5) : ratio;
    for (const canvas of Object.values(this.layers)) {
      canvas.width = Math.max(1, Math.round(clientWidth * this.ratio));
      canvas.height = Math.max(1, Math.round(clientHeight * this.ratio));
    }
  }

  /** The camera at whole device pixels, so that text is sharp. */
  snapped({ x, y, z }: Camera): Camera {
    return { x: Math.round(x * this.ratio) / this.ratio, y: Math.round(y * this.ratio) / this.ratio, z };
  }

  /** A cleared canvas, in world units; with a colour it is filled with that and hides what is behind it. */
  begin(layer: LayerName, camera: Camera, colour?: string): CanvasRenderingContext2D {
    const canvas = this.layers[layer];
    const context = canvas.getContext("2d", { alpha: colour === undefined });
    if (context === null) throw new Error("This browser draws no canvas.");
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (colour === undefined) context.clearRect(0, 0, canvas.width, canvas.height);
    else {
      context.fillStyle = colour;
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    const { x, y, z } = this.snapped(camera);
    context.setTransform(z * this.ratio, 0, 0, z * this.ratio, x * this.ratio, y * this.ratio);
    return context;
  }

  /** Show a canvas or not: one that shows nothing costs as much as one that does. */
  show(layer: LayerName, isShown: boolean): void {
    this.layers[layer].hidden = !isShown;
  }
}
