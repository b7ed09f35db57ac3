// A rectangle in a picture that is moved and stretched by its edges.
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Which part of the rectangle is held: edges by letter, `move` for all of it. */
export type Grip = "move" | "n" | "s" | "e" | "w" | "ne" | "nw" | "se" | "sw";

const LEAST = 8;

/** The rectangle after a grip was dragged; it stays inside of the picture.
 *
 * @param ratio width by height, if it is held.
 */
export function dragged(
  start: Rect,
  grip: Grip,
  [dx, dy]: readonly [number, number],
  picture: { readonly width: number; readonly height: number },
  ratio?: number,
): Rect {
  if (grip === "move") return inside({ ...start, x: start.x + dx, y: start.y + dy }, picture);
  let left = start.x + (grip.includes("w") ? dx : 0);
  let right = start.x + start.width + (grip.includes("e") ? dx : 0);
  let top = start.y + (grip.includes("n") ? dy : 0);
  let bottom = start.y + start.height + (grip.includes("s") ? dy : 0);
  left = clamp(left, 0, grip.includes("w") ? right - LEAST : left);
  right = clamp(right, left + LEAST, picture.width);
  top = clamp(top, 0, grip.includes("n") ? bottom - LEAST : top);
  bottom = clamp(bottom, top + LEAST, picture.height);
  if (ratio !== undefined) {
    const isTall = grip === "n" || grip === "s";
    let width = isTall ? (bottom - top) * ratio : right - left;
    width = Math.min(
      width,
      grip.includes("w") ? right : picture.width - left,
      (grip.includes("n") ? bottom : picture.height - top) * ratio,
    );
    const height = width / ratio;
    if (grip.includes("w")) left = right - width;
    else right = left + width;
    if (grip.includes("n")) top = bottom - height;
    else bottom = top + height;
  }
  return whole({ x: left, y: top, width: right - left, height: bottom - top });
}

/** The largest rectangle of a shape in the middle of a picture. */
export function centred(picture: { readonly width: number; readonly height: number }, ratio?: number): Rect {
  if (ratio === undefined) return { x: 0, y: 0, ...picture };
  const width = Math.min(picture.width, picture.height * ratio);
  const height = width / ratio;
  return whole({ x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height });
}

/** A rectangle with its numbers made whole, pushed into the picture. */
export function inside(rect: Rect, picture: { readonly width: number; readonly height: number }): Rect {
  const width = clamp(Math.round(rect.width), 1, picture.width);
  const height = clamp(Math.round(rect.height), 1, picture.height);
  return {
    x: clamp(Math.round(rect.x), 0, picture.width - width),
    y: clamp(Math.round(rect.y), 0, picture.height - height),
    width,
    height,
  };
}

function whole({ x, y, width, height }: Rect): Rect {
  const [left, top] = [Math.round(x), Math.round(y)];
  return { x: left, y: top, width: Math.round(x + width) - left, height: Math.round(y + height) - top };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
