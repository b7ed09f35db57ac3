// Waits until results can be seen, so that nothing is taken away before there is something in its place.
import { nodePictureUrl } from "@/api/client";
import type { OutputFile } from "./store";

const MOST_FILES = 8;
const PATIENCE_MS = 3000;
const PICTURE = /\.(png|webp|jpe?g|gif|avif)$/i;

/** Resolves when the pictures among files are loaded; at the latest after three seconds. */
export async function picturesLoaded(files: readonly OutputFile[]): Promise<void> {
  const pictures = files.filter((file) => PICTURE.test(file.filename)).slice(-MOST_FILES);
  if (pictures.length === 0) return;
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  await Promise.race([patience, Promise.all(pictures.map(loaded))]);
}

function loaded(file: OutputFile): Promise<void> {
  const image = new Image();
  image.src = nodePictureUrl(file);
  return image.decode().catch(() => undefined); // one that cannot be shown keeps nobody waiting
}
