// The picture that is worked on: its colours, also where it is transparent, and the mask that it came with.
import { inputFile } from "@/api/client";
import { alphaOf, drawMask, type MaskStep } from "./strokes";

export interface Worked {
  readonly width: number;
  readonly height: number;
  readonly colours: ImageBitmap;
  /** Opaque where the picture was transparent; undefined if it is opaque everywhere. */
  readonly mask: OffscreenCanvas | undefined;
}

/** As large as the window lets a picture be. */
export function stageSize({ width, height }: { readonly width: number; readonly height: number }) {
  const share = width / height;
  return { width: `min(100%, calc((100vh - 130px) * ${share}))`, aspectRatio: String(share) };
}

/** The address of a picture with all its colours, or of its alpha. */
export function channelUrl(name: string, channel: "rgb" | "a"): string {
  const { filename, subfolder, type } = inputFile(name);
  return `/api/view?${new URLSearchParams({ filename, subfolder, type, channel })}`;
}

export async function loadPicture(name: string): Promise<Worked> {
  const [colours, alpha] = await Promise.all([
    fetchBitmap(channelUrl(name, "rgb")),
    fetchBitmap(channelUrl(name, "a")),
  ]);
  const { width, height } = colours;
  return { width, height, colours, mask: maskOf(alpha) };
}

async function fetchBitmap(url: string): Promise<ImageBitmap> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The picture could not be loaded (${response.status}).`);
  return createImageBitmap(await response.blob());
}

function maskOf(alpha: ImageBitmap): OffscreenCanvas | undefined {
  const canvas = new OffscreenCanvas(alpha.width, alpha.height);
  const context = canvas.getContext("2d");
  if (context === null) return undefined;
  context.drawImage(alpha, 0, 0);
  const data = context.getImageData(0, 0, alpha.width, alpha.height);
  alpha.close();
  let isOpaque = true;
  // The server gives the alpha of a picture as that of a black one.
  for (let at = 3; at < data.data.length; at += 4) {
    const value = data.data[at] ?? 255;
    if (value !== 255) isOpaque = false;
    data.data.set([255, 255, 255, 255 - value], at - 3);
  }
  if (isOpaque) return undefined;
  context.putImageData(data, 0, 0);
  return canvas;
}

/** A picture whose alpha is what the mask leaves. */
export async function alphaPicture(
  { width, height, mask }: Worked,
  steps: readonly MaskStep[],
  feather: number,
): Promise<Blob> {
  const sharp = new OffscreenCanvas(width, height);
  const soft = new OffscreenCanvas(width, height);
  const [from, to] = [sharp.getContext("2d"), soft.getContext("2d")];
  if (from === null || to === null) throw new Error("This browser draws no canvas.");
  drawMask(from, steps, mask);
  if (feather > 0) to.filter = `blur(${feather / 2}px)`;
  to.drawImage(sharp, 0, 0);
  const data = to.getImageData(0, 0, width, height);
  data.data.set(alphaOf(data.data));
  to.putImageData(data, 0, 0);
  return soft.convertToBlob({ type: "image/png" });
}
