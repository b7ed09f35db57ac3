// Small pictures of results for nodes that are seen from afar: fetched when they are first drawn, a few kept.
import { viewUrl } from "@/api/client";
import { send } from "@/api/http";
import { isPicture } from "@/nodes/pictureFiles";
import type { OutputFile } from "@/run/store";

const SIZE = 256;
const QUALITY = 70;
const MOST_KEPT = 300;
const MOST_FETCHED_AT_ONCE = 6;

/** Gives small pictures of files: none at first, and then tells that there is one. */
export class Thumbnails {
  private readonly pictures = new Map<string, ImageBitmap>();
  private readonly asked = new Set<string>();
  private fetching = 0;
  private readonly waiting: string[] = [];

  /**
   * @param onCome a picture is there that was not before.
   * @param load fetches and decodes a picture.
   */
  constructor(
    private readonly onCome: () => void,
    private readonly load: (url: string) => Promise<ImageBitmap> = loadPicture,
  ) {}

  /** The picture of the first file that has one; undefined if there is none yet. */
  get(files: readonly OutputFile[]): ImageBitmap | undefined {
    const file = files.find(isPicture);
    if (file === undefined) return undefined;
    const url = viewUrl(file, QUALITY, SIZE);
    const known = this.pictures.get(url);
    if (known === undefined) this.ask(url);
    return known;
  }

  /** Give the memory back. */
  close(): void {
    this.waiting.length = 0;
    for (const picture of this.pictures.values()) picture.close();
    this.pictures.clear();
  }

  private ask(url: string): void {
    if (this.asked.has(url)) return;
    this.asked.add(url);
    this.waiting.push(url);
    this.next();
  }

  private next(): void {
    while (this.fetching < MOST_FETCHED_AT_ONCE) {
      const url = this.waiting.shift();
      if (url === undefined) return;
      this.fetching++;
      void this.load(url)
        .then((picture) => this.keep(url, picture))
        .catch(() => undefined) // a file that is gone has no picture; it is not asked for again
        .finally(() => {
          this.fetching--;
          this.next();
        });
    }
  }

  /** Those that came first go first; they are asked for again where they are seen. */
  private keep(url: string, picture: ImageBitmap): void {
    this.pictures.set(url, picture);
    const [oldest] = this.pictures.keys();
    if (this.pictures.size > MOST_KEPT && oldest !== undefined) {
      this.pictures.get(oldest)?.close();
      this.pictures.delete(oldest);
      this.asked.delete(oldest);
    }
    this.onCome();
  }
}

async function loadPicture(url: string): Promise<ImageBitmap> {
  const response = await send(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}.`);
  return createImageBitmap(await response.blob());
}
