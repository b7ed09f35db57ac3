// Moving jobs within the queue.

/** A list with one item moved to another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const left = list.toSpliced(from, 1);
  const item = list[from];
  return item === undefined ? [...list] : left.toSpliced(Math.max(0, Math.min(to, left.length)), 0, item);
}

/** The shortest part of a queue that must be told to the server, so that jobs share their places anew. */
export function changedPart(before: readonly string[], after: readonly string[]): string[] {
  const isSame = (at: number) => before[at] === after[at];
  const places = after.map((_, at) => at).filter((at) => !isSame(at));
  const first = places[0];
  const last = places.at(-1);
  return first === undefined || last === undefined ? [] : after.slice(first, last + 1);
}
