// Opens workflows in tabs of their own: from files in every form, from the server, from jobs, from templates.
import { type Converted, convert, convertFile } from "@/api/client";
import { ApiError } from "@/api/http";
import { getJobWorkflow } from "@/api/jobs";
import { getTemplate, getWorkflow } from "@/api/workflows";
import type { App } from "@/app";
import { lookupIn } from "@/catalogue/store";
import { emptyDocument, type WorkflowDocument } from "@/document/types";
import { openTab, type Tab, type TabFile, updateTab } from "@/workspace/tabs";
import { MissingDialog } from "./MissingDialog";
import { isMissingAnything, missingIn } from "./missing";
import { placed } from "./placing";
import { ReportDialog } from "./ReportDialog";

const MOST_FRAMES = 120;
export const FIRST_TEMPLATE = "text_to_image";

export interface OpenWish {
  readonly title: string;
  readonly document: WorkflowDocument;
  readonly file?: TabFile;
  /** Whether it is saved nowhere, as things that were dropped are. */
  readonly isUnsaved?: boolean;
}

/** Open a document in a tab of its own: every node gets a place, and what is missing is listed. */
export async function openDocument(app: App, wish: OpenWish): Promise<Tab> {
  const lookup = lookupIn(app.catalogue.getState());
  const document = await placed(wish.document, lookup);
  const before = app.canvas;
  const tab = openTab(app.workspace, {
    title: wish.title,
    document,
    ...(wish.file === undefined ? {} : { file: wish.file }),
  });
  if (wish.isUnsaved) updateTab(app.workspace, tab.id, { savedRevision: -1 });
  frameWhenShown(app, tab, before);
  const missing = missingIn(document, lookup);
  if (isMissingAnything(missing)) app.overlays.open(MissingDialog, { tab });
  return tab;
}

/** Open what a file carries. Returns undefined, and says why, if it carries nothing. */
export async function openFile(app: App, file: File): Promise<Tab | undefined> {
  return openConverted(app, titleOfFile(file.name), convertFile(file, file.name));
}

/** Open JSON of any form. */
export async function openJson(app: App, title: string, data: unknown): Promise<Tab | undefined> {
  return openConverted(app, title, convert(data));
}

async function openConverted(app: App, title: string, asked: Promise<Converted>): Promise<Tab | undefined> {
  let converted: Converted;
  try {
    converted = await asked;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    app.toasts.show("error", app.t("files.nothingIn", { name: title }), { detail: error.message });
    return undefined;
  }
  const tab = await openDocument(app, { title, document: converted.workflow, isUnsaved: true });
  const { notes } = converted;
  if (notes.some((note) => note.severity !== "info")) app.overlays.open(ReportDialog, { title, notes });
  else if (notes.length > 0)
    app.toasts.show("info", app.t("files.converted", { name: title }), {
      action: {
        label: app.t("files.showReport"),
        run: () => app.overlays.open(ReportDialog, { title, notes }),
      },
    });
  return tab;
}

/** Open a workflow that is kept on the server; a tab that has it already is shown instead. */
export async function openSaved(app: App, name: string, version?: number): Promise<Tab> {
  const { tabs } = app.workspace.getState();
  const open = tabs.find((tab) => tab.file?.name === name && version === undefined);
  if (open !== undefined) {
    app.workspace.setState({ active: open.id });
    return open;
  }
  const saved = await getWorkflow(name, version);
  return openDocument(app, {
    title: name,
    document: saved.workflow,
    file: { name, version: saved.version },
  });
}

/** Open the snapshot that a job runs or ran. */
export async function openJob(app: App, id: string, title: string): Promise<Tab | undefined> {
  return openJson(app, title || app.t("files.fromJob"), await getJobWorkflow(id));
}

export async function openTemplate(app: App, name: string): Promise<Tab> {
  const { title, workflow } = await getTemplate(name);
  return openDocument(app, { title, document: workflow });
}

/** What a first visit shows: a workflow that runs as it is. */
export async function openDefault(app: App): Promise<Tab> {
  try {
    const { title, workflow } = await getTemplate(FIRST_TEMPLATE);
    if (!isMissingAnything(missingIn(workflow, lookupIn(app.catalogue.getState()))))
      return await openDocument(app, { title, document: workflow });
  } catch {
    // A server without templates begins with an empty canvas.
  }
  return openEmpty(app);
}

export function openEmpty(app: App): Tab {
  return openTab(app.workspace, {
    title: freeTitle(app, app.t("files.untitled")),
    document: emptyDocument(),
  });
}

/** A title that no open tab has. */
export function freeTitle(app: App, title: string): string {
  const taken = new Set(app.workspace.getState().tabs.map((tab) => tab.title));
  if (!taken.has(title)) return title;
  for (let count = 2; ; count++) if (!taken.has(`${title} ${count}`)) return `${title} ${count}`;
}

/** Let the canvas show the whole graph as soon as it is there: another one than before, mounted some frames later. */
function frameWhenShown(app: App, tab: Tab, before: App["canvas"], tries = MOST_FRAMES): void {
  requestAnimationFrame(() => {
    if (app.tab?.id !== tab.id || tries === 0) return;
    if (app.canvas === undefined || app.canvas === before) frameWhenShown(app, tab, before, tries - 1);
    else requestAnimationFrame(() => app.canvas?.frame());
  });
}

function titleOfFile(name: string): string {
  return name.replace(/\.(json|png|webp|jpe?g|latent|safetensors)$/i, "") || name;
}
