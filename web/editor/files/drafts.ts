// Drafts of open tabs in IndexedDB: nothing that was drawn is lost when the page, the browser or the machine goes down.
import type { HistoryState } from "@/document/history";
import type { WorkflowDocument } from "@/document/types";
import type { Camera, ItemKey, TrailStep } from "@/view/store";
import type { TabFile, TabId } from "@/workspace/tabs";

/** An open tab as it is kept. Structured clone keeps `bigint` values. */
export interface Draft {
  readonly id: TabId;
  /** The browser window that the tab is open in. */
  readonly window: string;
  readonly order: number;
  readonly isActive: boolean;
  readonly title: string;
  readonly file: TabFile | undefined;
  readonly isDirty: boolean;
  readonly document: WorkflowDocument;
  readonly history: HistoryState;
  readonly camera: Camera;
  readonly cameras: Readonly<Record<string, Camera>>;
  readonly trail: readonly TrailStep[];
  readonly bookmarks: Readonly<Record<string, Camera>>;
  /** Drafts of earlier versions have none. */
  readonly selection?: ReadonlySet<ItemKey>;
  readonly at: number;
}

/** Where drafts are kept. */
export interface DraftStore {
  all(): Promise<Draft[]>;
  put(draft: Draft): Promise<void>;
  remove(id: TabId): Promise<void>;
}

const NAME = "latentloom";
const STORE = "drafts";

/** Drafts in this browser. */
export async function openDrafts(factory: IDBFactory = indexedDB): Promise<DraftStore> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = factory.open(NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
    opening.onblocked = () => reject(new Error("The drafts are in use by an older page."));
  });
  // A newer version of the editor in another window may change the store.
  database.onversionchange = () => database.close();
  const work = <T>(mode: IDBTransactionMode, what: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      // `strict`: written means on disk, also if the machine loses power.
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = what(transaction.objectStore(STORE));
      transaction.commit?.(); // now, not when the answer came: a page that is being closed does not wait for it
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  return {
    all: () => work("readonly", (store) => store.getAll() as IDBRequest<Draft[]>),
    put: async (draft) => void (await work("readwrite", (store) => store.put(draft))),
    remove: async (id) => void (await work("readwrite", (store) => store.delete(id))),
  };
}

/** Drafts for as long as the page lives, where the browser keeps nothing. */
export function memoryDrafts(): DraftStore {
  const drafts = new Map<TabId, Draft>();
  return {
    all: async () => [...drafts.values()],
    put: async (draft) => void drafts.set(draft.id, draft),
    remove: async (id) => void drafts.delete(id),
  };
}

/** The drafts that a window opens: its own, and those of windows that are gone; in their order. */
export function draftsFor(window: string, all: readonly Draft[], alive: ReadonlySet<string>): Draft[] {
  return all
    .filter((draft) => draft.window === window || !alive.has(draft.window))
    .sort(
      (a, b) => Number(b.window === window) - Number(a.window === window) || a.order - b.order || a.at - b.at,
    );
}
