// The documents that are open, one tab each.
import { createStore, type StoreApi } from "zustand/vanilla";
import { DocumentStore } from "@/document/store";
import { emptyDocument, type WorkflowDocument } from "@/document/types";
import { Previews } from "@/run/previews";
import { createRun, type RunStore } from "@/run/store";
import { createView, type ViewState, type ViewStore } from "@/view/store";

export type TabId = string;

/** Where a document is kept on the server. */
export interface TabFile {
  readonly name: string;
  /** The version that was opened or saved last: the `base` of the next save. */
  readonly version: number;
}

/** An open document with everything that belongs to it. The stores stay the same as long as the tab lives. */
export interface Tab {
  readonly id: TabId;
  readonly title: string;
  readonly file: TabFile | undefined;
  /** The revision that is saved; the tab is dirty if the document's differs. */
  readonly savedRevision: number;
  readonly document: DocumentStore;
  readonly view: ViewStore;
  readonly run: RunStore;
  readonly previews: Previews;
}

export interface WorkspaceState {
  readonly tabs: readonly Tab[];
  readonly active: TabId | undefined;
}

export type Workspace = StoreApi<WorkspaceState>;

export interface NewTab {
  readonly id?: TabId;
  readonly title: string;
  readonly document?: WorkflowDocument;
  readonly file?: TabFile;
  readonly view?: Partial<ViewState>;
}

export function createWorkspace(): Workspace {
  return createStore<WorkspaceState>(() => ({ tabs: [], active: undefined }));
}

/** Open a document in a tab of its own, and show it. */
export function openTab(workspace: Workspace, wish: NewTab): Tab {
  const tab: Tab = {
    id: wish.id ?? crypto.randomUUID(),
    title: wish.title,
    file: wish.file,
    savedRevision: 0,
    document: new DocumentStore(wish.document ?? emptyDocument()),
    view: createView(wish.view),
    run: createRun(),
    previews: new Previews(),
  };
  workspace.setState(({ tabs }) => ({ tabs: [...tabs, tab], active: tab.id }));
  return tab;
}

/** Close a tab; its neighbour is shown. */
export function closeTab(workspace: Workspace, id: TabId): void {
  workspace.setState(({ tabs, active }) => {
    const at = tabs.findIndex((tab) => tab.id === id);
    const left = tabs.filter((tab) => tab.id !== id);
    const next = active === id ? (left[Math.min(at, left.length - 1)]?.id ?? undefined) : active;
    return { tabs: left, active: next };
  });
}

/** Show a tab. */
export function activateTab(workspace: Workspace, id: TabId): void {
  workspace.setState({ active: id });
}

/** Change the title, the file or the saved revision of a tab. */
export function updateTab(
  workspace: Workspace,
  id: TabId,
  change: Partial<Pick<Tab, "title" | "file" | "savedRevision">>,
): void {
  workspace.setState(({ tabs }) => ({
    tabs: tabs.map((tab) => (tab.id === id ? { ...tab, ...change } : tab)),
  }));
}

/** The tab that is shown. */
export function activeTab(workspace: Workspace): Tab | undefined {
  const { tabs, active } = workspace.getState();
  return tabs.find((tab) => tab.id === active);
}

/** Whether a tab holds changes that are saved nowhere. */
export function isDirty(tab: Tab): boolean {
  return tab.document.state.getState().revision !== tab.savedRevision;
}
