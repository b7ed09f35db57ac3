// Closing tabs, and opening closed ones again as they were, undo history and results included.
import type { App } from "@/app";
import { openEmpty } from "@/files/opening";
import { closeTab, type Tab, type TabId } from "@/workspace/tabs";

const MOST_KEPT = 20;

interface Closed {
  readonly tab: Tab;
  readonly at: number;
}

/** The tabs that were closed in this page, latest last. */
const closedIn = new WeakMap<App["workspace"], Closed[]>();

/** Close a tab; a message offers to open it again. The last tab makes way for an empty one. */
export function close(app: App, id: TabId): void {
  const { tabs } = app.workspace.getState();
  const at = tabs.findIndex((tab) => tab.id === id);
  const tab = tabs[at];
  if (tab === undefined) return;
  const closed = closedIn.get(app.workspace) ?? [];
  closedIn.set(app.workspace, [...closed, { tab, at }].slice(-MOST_KEPT));
  if (tabs.length === 1) openEmpty(app);
  closeTab(app.workspace, id);
  const isEmpty = Object.keys(tab.document.doc.graph).length === 0;
  if (isEmpty) return;
  app.toasts.show("info", app.t("files.closed", { name: tab.title }), {
    action: { label: app.t("files.reopen"), run: () => reopen(app, tab.id) },
  });
}

/** Open a closed tab again where it was; the latest one unless one is named. */
export function reopen(app: App, id?: TabId): boolean {
  const closed = closedIn.get(app.workspace) ?? [];
  const found = id === undefined ? closed.at(-1) : closed.find((each) => each.tab.id === id);
  if (found === undefined) return false;
  closedIn.set(
    app.workspace,
    closed.filter((each) => each !== found),
  );
  app.workspace.setState(({ tabs }) => ({
    tabs: tabs.toSpliced(Math.min(found.at, tabs.length), 0, found.tab),
    active: found.tab.id,
  }));
  return true;
}

export function canReopen(app: App): boolean {
  return (closedIn.get(app.workspace) ?? []).length > 0;
}

/** Show the tab that is so many places away, in a circle. */
export function step(app: App, by: number): void {
  const { tabs, active } = app.workspace.getState();
  const at = tabs.findIndex((tab) => tab.id === active);
  const next = tabs[(at + by + tabs.length) % tabs.length];
  if (next !== undefined) app.workspace.setState({ active: next.id });
}

/** Move a tab before another one. */
export function moveTab(app: App, id: TabId, to: number): void {
  app.workspace.setState(({ tabs }) => {
    const from = tabs.findIndex((tab) => tab.id === id);
    const tab = tabs[from];
    return tab === undefined ? {} : { tabs: tabs.toSpliced(from, 1).toSpliced(to, 0, tab) };
  });
}
