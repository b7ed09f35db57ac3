// Where the canvas looks. Moves at once and tells its listeners; React never hears of it while it moves.
import type { Point } from "@/document/types";
import type { Camera } from "@/view/store";
import type { Bounds } from "./handle";

export const CLOSEST = 4;
export const FARTHEST = 0.02;
const FRAME_PAD = 56;
const MOST_FRAMED_ZOOM = 1;

/** A camera that moves: screen = world * z + (x, y). */
export class MovingCamera {
  x = 0;
  y = 0;
  z = 1;
  private animation = 0;

  /** @param onMove is told after each change. */
  constructor(private readonly onMove: () => void) {}

  get value(): Camera {
    return { x: this.x, y: this.y, z: this.z };
  }

  set(camera: Camera): void {
    this.stop();
    this.put(camera);
  }

  panBy(dx: number, dy: number): void {
    this.set({ x: this.x + dx, y: this.y + dy, z: this.z });
  }

  /** Zoom by a factor; what is at this point of the screen stays there. */
  zoomAt(px: number, py: number, factor: number): void {
    const z = clampZoom(this.z * factor);
    const scale = z / this.z;
    this.set({ x: px - (px - this.x) * scale, y: py - (py - this.y) * scale, z });
  }

  toWorld(px: number, py: number): Point {
    return [(px - this.x) / this.z, (py - this.y) / this.z];
  }

  toScreen([x, y]: Point): Point {
    return [x * this.z + this.x, y * this.z + this.y];
  }

  /** Go somewhere within so many milliseconds; 0 goes at once. */
  animateTo(target: Camera, ms: number): void {
    this.stop();
    if (ms <= 0) {
      this.put(target);
      return;
    }
    const from = this.value;
    const began = performance.now();
    const step = (now: number) => {
      const share = Math.min(1, (now - began) / ms);
      const eased = 1 - (1 - share) ** 3;
      this.put(between(from, target, eased));
      if (share < 1) this.animation = requestAnimationFrame(step);
    };
    this.animation = requestAnimationFrame(step);
  }

  private stop(): void {
    cancelAnimationFrame(this.animation);
  }

  private put({ x, y, z }: Camera): void {
    this.x = x;
    this.y = y;
    this.z = z;
    this.onMove();
  }
}

/** The camera that shows bounds in the middle of a viewport, not closer than 100 %. */
export function framing(bounds: Bounds, width: number, height: number, pad: number = FRAME_PAD): Camera {
  const fit = Math.min(
    (width - 2 * pad) / Math.max(1, bounds.width),
    (height - 2 * pad) / Math.max(1, bounds.height),
  );
  const z = clampZoom(Math.min(MOST_FRAMED_ZOOM, Math.max(fit, FARTHEST)));
  return {
    x: width / 2 - (bounds.x + bounds.width / 2) * z,
    y: height / 2 - (bounds.y + bounds.height / 2) * z,
    z,
  };
}

export function clampZoom(z: number): number {
  return Math.min(CLOSEST, Math.max(FARTHEST, z));
}

/** Zoom changes evenly to the eye, the middle of the view moves with it. */
function between(from: Camera, to: Camera, share: number): Camera {
  const z = from.z * (to.z / from.z) ** share;
  const mix = Math.abs(to.z - from.z) < 1e-9 ? share : (z - from.z) / (to.z - from.z);
  return { x: from.x + (to.x - from.x) * mix, y: from.y + (to.y - from.y) * mix, z };
}
