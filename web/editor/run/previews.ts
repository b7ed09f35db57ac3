// Pictures of work in progress: decoded outside of React, drawn by whoever shows the node, the latest one only.
import type { NodeId } from "@/document/types";

type Listener = (bitmap: ImageBitmap | undefined) => void;

/** The latest preview of each node. A bitmap is closed when the next one comes: draw it at once, keep nothing. */
export class Previews {
  private readonly latest = new Map<NodeId, ImageBitmap>();
  private readonly order = new Map<NodeId, number>();
  private readonly presence = new Set<() => void>();
  private readonly listeners = new Map<NodeId, Set<Listener>>();

  get(id: NodeId): ImageBitmap | undefined {
    return this.latest.get(id);
  }

  /** Decode and show a picture, unless a later one was faster. */
  async show(id: NodeId, picture: Blob): Promise<void> {
    const turn = (this.order.get(id) ?? 0) + 1;
    this.order.set(id, turn);
    const bitmap = await createImageBitmap(picture);
    if (this.order.get(id) !== turn) bitmap.close();
    else this.put(id, bitmap);
  }

  /** Forget the preview of a node, or of all nodes. */
  clear(id?: NodeId): void {
    for (const each of id === undefined ? [...this.latest.keys()] : [id]) this.put(each, undefined);
    for (const each of id === undefined ? [...this.order.keys()] : [id])
      this.order.set(each, (this.order.get(each) ?? 0) + 1);
  }

  /** Hear of each new preview of a node; returns how to stop. */
  follow(id: NodeId, listener: Listener): () => void {
    const all = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, all.add(listener));
    return () => all.delete(listener);
  }

  /** Hear when nodes get their first preview, or lose it; returns how to stop. */
  followPresence(listener: () => void): () => void {
    this.presence.add(listener);
    return () => this.presence.delete(listener);
  }

  private put(id: NodeId, bitmap: ImageBitmap | undefined): void {
    const old = this.latest.get(id);
    if (bitmap === undefined) this.latest.delete(id);
    else this.latest.set(id, bitmap);
    for (const listener of this.listeners.get(id) ?? []) listener(bitmap);
    if ((old === undefined) !== (bitmap === undefined)) for (const listener of this.presence) listener();
    old?.close();
  }
}
