// Saves documents on the server. A save adds a version; what somebody else saved meanwhile is never overwritten.
import { isStale, isWorkflowName, listWorkflows, saveWorkflow } from "@/api/workflows";
import type { App } from "@/app";
import { writeJson } from "@/document/json";
import { type Tab, updateTab } from "@/workspace/tabs";
import { SaveDialog } from "./SaveDialog";

/** Save a tab under its name; one that has none asks for it. */
export async function save(app: App, tab: Tab): Promise<void> {
  if (tab.file === undefined) return saveAs(app, tab);
  try {
    await saveUnder(app, tab, tab.file.name, tab.file.version);
  } catch (error) {
    if (!isStale(error)) throw error;
    app.overlays.open(SaveDialog, { tab, latest: Number(error.details.latest ?? 0) });
  }
}

/** Ask for a name, and save under it. */
export function saveAs(app: App, tab: Tab): void {
  app.overlays.open(SaveDialog, { tab, latest: undefined });
}

/** Save under a name.
 *
 * @param base the version that was edited; 0 if there must be none of this name.
 */
export async function saveUnder(
  app: App,
  tab: Tab,
  name: string,
  base: number | undefined,
  note = "",
): Promise<void> {
  const { doc, revision } = tab.document.state.getState();
  const saved = await saveWorkflow(name, doc, base, note);
  updateTab(app.workspace, tab.id, {
    title: name,
    file: { name, version: saved.version },
    savedRevision: revision,
  });
  app.runner.live.setState(({ changes }) => ({ changes: changes + 1 }));
  app.toasts.show("success", app.t("files.saved", { name, version: saved.version }));
}

/** The latest version of each name that is taken, those that were put away included. */
export async function takenNames(): Promise<ReadonlyMap<string, number>> {
  const lists = await Promise.all([listWorkflows(false), listWorkflows(true)]);
  return new Map(lists.flat().map((each) => [each.name, each.latest]));
}

/** A name that the server takes, as close to a title as can be. */
export function nameFrom(title: string): string {
  const plain = title
    .normalize("NFKD")
    .replace(/[^\w .()+-]+/g, "_")
    .replace(/^[^A-Za-z0-9_]+/, "")
    .slice(0, 128)
    .trim();
  return isWorkflowName(plain) ? plain : "workflow";
}

/** Give the document as a file, to keep or to share. */
export function download(tab: Tab): void {
  const blob = new Blob([writeJson(tab.document.doc, 2)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${nameFrom(tab.title)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
