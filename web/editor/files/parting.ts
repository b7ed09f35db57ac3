// Drafts that a page leaves while it goes: IndexedDB may not finish then, local storage does.
import { type Json, parseJson, writeJson } from "@/document/json";
import type { TabId } from "@/workspace/tabs";
import type { Draft } from "./drafts";

const PREFIX = "latentloom.draft.";

/** Keep a draft before the call returns. What is too large for local storage is left to IndexedDB. */
export function leave(draft: Draft, storage: Storage = localStorage): void {
  const kept = { ...draft, selection: [...(draft.selection ?? [])] };
  for (const history of [draft.history, { past: [], future: [] }]) {
    try {
      storage.setItem(PREFIX + draft.id, writeJson({ ...kept, history }));
      return;
    } catch {
      // Full, or switched off: once more without what can be undone.
    }
  }
}

/** The drafts that pages left. */
export function left(storage: Storage = localStorage): Draft[] {
  try {
    return Object.keys(storage).flatMap((key) => (key.startsWith(PREFIX) ? read(storage.getItem(key)) : []));
  } catch {
    return [];
  }
}

/** Forget what was left of a tab: it is in IndexedDB now, or the tab was closed. */
export function forget(id: TabId, storage: Storage = localStorage): void {
  try {
    storage.removeItem(PREFIX + id);
  } catch {
    // Switched off: nothing was left there.
  }
}

/** One draft a tab, the later one. */
export function newest(...many: readonly (readonly Draft[])[]): Draft[] {
  const found = new Map<TabId, Draft>();
  for (const draft of many.flat()) {
    const before = found.get(draft.id);
    if (before === undefined || before.at <= draft.at) found.set(draft.id, draft);
  }
  return [...found.values()];
}

function read(text: string | null): Draft[] {
  try {
    const draft = parseJson(text ?? "") as unknown as Omit<Draft, "selection"> & { selection: Json[] };
    return [{ ...draft, selection: new Set(draft.selection) } as Draft];
  } catch {
    return []; // cut off, or of another version
  }
}
