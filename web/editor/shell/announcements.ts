// What is said to screen readers.

/** Passes on the latest sentence. */
export class Announcements {
  private readonly listeners = new Set<(text: string) => void>();

  say(text: string): void {
    for (const listener of this.listeners) listener(text);
  }

  follow(listener: (text: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
