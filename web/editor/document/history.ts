// Undo and redo: each entry holds the patches of one gesture with their inverse.
import type { Patch } from "immer";

/** One step that people can undo. */
export interface HistoryEntry {
  readonly label: string;
  /** Edits with the same key that follow each other within the pause become one entry. */
  readonly coalesce?: string;
  readonly at: number;
  readonly patches: readonly Patch[];
  readonly inverse: readonly Patch[];
}

/** The state of a history as plain data, to show or to keep. */
export interface HistoryState {
  readonly past: readonly HistoryEntry[];
  readonly future: readonly HistoryEntry[];
}

export const NO_HISTORY: HistoryState = { past: [], future: [] };
export const MOST_ENTRIES = 200;
/** Typing that pauses for longer starts a new entry. */
export const COALESCE_MS = 1000;

/** The history after an edit: what could be redone is gone. */
export function push(history: HistoryState, entry: HistoryEntry): HistoryState {
  const last = history.past.at(-1);
  const joins =
    last !== undefined &&
    entry.coalesce !== undefined &&
    last.coalesce === entry.coalesce &&
    history.future.length === 0 &&
    entry.at - last.at <= COALESCE_MS;
  if (joins) return { past: [...history.past.slice(0, -1), join(last, entry)], future: [] };
  return { past: [...history.past, entry].slice(-MOST_ENTRIES), future: [] };
}

/** Two entries that follow each other, as one. */
export function join(first: HistoryEntry, second: HistoryEntry): HistoryEntry {
  return {
    ...first,
    at: second.at,
    patches: [...first.patches, ...second.patches],
    inverse: [...second.inverse, ...first.inverse],
  };
}

/** The history after the latest entry is undone, with that entry. */
export function stepBack(history: HistoryState): [HistoryState, HistoryEntry] | undefined {
  const entry = history.past.at(-1);
  if (entry === undefined) return undefined;
  return [{ past: history.past.slice(0, -1), future: [entry, ...history.future] }, entry];
}

/** The history after the entry that was undone last is done again, with that entry. */
export function stepForward(history: HistoryState): [HistoryState, HistoryEntry] | undefined {
  const [entry, ...rest] = history.future;
  if (entry === undefined) return undefined;
  return [{ past: [...history.past, entry], future: rest }, entry];
}
