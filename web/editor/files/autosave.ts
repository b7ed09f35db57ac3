// Keeps drafts of all tabs up to date, and opens them again when the page starts.
import type { App } from "@/app";
import type { HistoryState } from "@/document/history";
import type { Service } from "@/shell/slots";
import { isDirty, openTab, type Tab, type TabId, updateTab } from "@/workspace/tabs";
import { type Draft, type DraftStore, draftsFor, memoryDrafts, openDrafts } from "./drafts";
import { openDefault } from "./opening";
import { forget, leave, left, newest } from "./parting";
import { thisWindow } from "./windows";

/** How long nothing must change before a draft is written, and how long changes may go on without that. */
const PAUSE_MS = 800;
const LONGEST_MS = 2000;
const MOST_HISTORY_BYTES = 5_000_000;

/** Opens what was open, and keeps it from then on. */
export const autosave: Service = {
  id: "files.autosave",
  start(app) {
    let stop = () => {};
    let isStopped = false;
    void begin(app).then((stopSaving) => {
      if (isStopped) stopSaving();
      else stop = stopSaving;
    });
    return () => {
      isStopped = true;
      stop();
    };
  },
};

async function begin(app: App): Promise<() => void> {
  const store = await openDrafts().catch(() => {
    app.toasts.show("warning", app.t("files.noDrafts"));
    return memoryDrafts();
  });
  const { name, alive } = await thisWindow();
  await ready(app);
  const found = draftsFor(name, newest(await store.all().catch(() => []), left()), alive);
  if (app.workspace.getState().tabs.length === 0) {
    for (const draft of found) restore(app, draft);
    const active = found.find((draft) => draft.isActive && draft.window === name) ?? found[0];
    if (active !== undefined) app.workspace.setState({ active: active.id });
    else await openDefault(app);
  }
  const saver = new Saver(app, store, name);
  return saver.start();
}

/** Wait until the node types are there: places and widgets depend on them. */
async function ready(app: App): Promise<void> {
  if (app.catalogue.getState().status === "ready") return;
  await new Promise<void>((resolve) => {
    const stop = app.catalogue.subscribe((state) => {
      if (state.status !== "ready") return;
      stop();
      resolve();
    });
  });
}

function restore(app: App, draft: Draft): void {
  const { camera, cameras, trail, bookmarks, selection = new Set() } = draft;
  const tab = openTab(app.workspace, {
    id: draft.id,
    title: draft.title,
    document: draft.document,
    ...(draft.file === undefined ? {} : { file: draft.file }),
    view: { camera, cameras, trail, bookmarks, selection },
  });
  tab.document.state.setState({ history: draft.history });
  if (draft.isDirty) updateTab(app.workspace, tab.id, { savedRevision: -1 });
  void app.runner.resume(tab);
}

class Saver {
  /** What is kept of each tab, or on its way there: its document, camera and facts, compared by identity. */
  private readonly kept = new Map<TabId, readonly unknown[]>();
  /** Tabs whose draft is on its way. */
  private readonly writing = new Set<TabId>();
  private readonly stops = new Map<TabId, () => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** When the first change was made that is not written yet. */
  private changedAt: number | undefined;
  private isTold = false;

  constructor(
    private readonly app: App,
    private readonly store: DraftStore,
    private readonly window: string,
  ) {}

  start(): () => void {
    const stop = this.app.workspace.subscribe(() => this.follow());
    const leaving = () => void this.saveAll(true);
    const onceHidden = () => document.visibilityState === "hidden" && leaving();
    document.addEventListener("visibilitychange", onceHidden);
    globalThis.addEventListener("pagehide", leaving);
    this.follow();
    return () => {
      stop();
      for (const each of this.stops.values()) each();
      document.removeEventListener("visibilitychange", onceHidden);
      globalThis.removeEventListener("pagehide", leaving);
      clearTimeout(this.timer);
    };
  }

  private follow(): void {
    const { tabs } = this.app.workspace.getState();
    for (const tab of tabs) {
      if (this.stops.has(tab.id)) continue;
      const stops = [
        tab.document.state.subscribe(() => this.later()),
        tab.view.subscribe(() => this.later()),
      ];
      this.stops.set(tab.id, () => {
        for (const stop of stops) stop();
      });
    }
    for (const [id, stop] of this.stops) {
      if (tabs.some((tab) => tab.id === id)) continue;
      stop();
      this.stops.delete(id);
      this.kept.delete(id);
      forget(id);
      void this.store.remove(id).catch(() => undefined);
    }
    this.later();
  }

  private later(): void {
    const now = Date.now();
    this.changedAt ??= now;
    const left = Math.max(0, this.changedAt + LONGEST_MS - now);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.saveAll(), Math.min(PAUSE_MS, left));
  }

  private async saveAll(isLeaving = false): Promise<void> {
    this.changedAt = undefined;
    const { tabs, active } = this.app.workspace.getState();
    await Promise.all(tabs.map((tab, order) => this.save(tab, order, tab.id === active, isLeaving)));
  }

  private async save(tab: Tab, order: number, isActive: boolean, isLeaving: boolean): Promise<void> {
    const { doc, history } = tab.document.state.getState();
    const { camera, cameras, trail, bookmarks, selection } = tab.view.getState();
    const facts = [
      doc,
      history,
      camera,
      cameras,
      trail,
      bookmarks,
      selection,
      order,
      isActive,
      tab.title,
      tab.file,
      isDirty(tab),
    ];
    const before = this.kept.get(tab.id);
    const isKept = before !== undefined && facts.every((each, at) => each === before[at]);
    if (isKept && !(isLeaving && this.writing.has(tab.id))) return;
    this.kept.set(tab.id, facts);
    const draft: Draft = {
      id: tab.id,
      window: this.window,
      order,
      isActive,
      title: tab.title,
      file: tab.file,
      isDirty: isDirty(tab),
      document: doc,
      history: bounded(history),
      camera,
      cameras,
      trail,
      bookmarks,
      selection,
      at: Date.now(),
    };
    if (isLeaving) leave(draft);
    this.writing.add(tab.id);
    try {
      await this.store.put(draft);
      if (this.kept.get(tab.id) !== facts) return; // a later one is on its way
      this.writing.delete(tab.id);
      forget(tab.id);
    } catch (error) {
      this.kept.delete(tab.id);
      if (this.isTold) return;
      this.isTold = true;
      this.app.toasts.show("error", this.app.t("files.draftsFull"), { detail: String(error) });
    }
  }
}

/** The latest part of a history that is not too large to be written again and again. */
export function bounded(history: HistoryState, most = MOST_HISTORY_BYTES): HistoryState {
  let size = 0;
  const past: (typeof history.past)[number][] = [];
  for (const entry of history.past.toReversed()) {
    size += sizeOf(entry);
    if (size > most) break;
    past.unshift(entry);
  }
  return past.length === history.past.length ? history : { past, future: history.future };
}

const sizes = new WeakMap<object, number>();

function sizeOf(entry: object): number {
  let size = sizes.get(entry);
  if (size === undefined) {
    size = JSON.stringify(entry, (_key, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    ).length;
    sizes.set(entry, size);
  }
  return size;
}
