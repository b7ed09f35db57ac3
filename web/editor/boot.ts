// Builds the parts of the editor and introduces them to each other.
import { createStore } from "zustand/vanilla";
import { getCatalogue } from "@/api/client";
import { ApiError } from "@/api/http";
import type { App, Connection } from "@/app";
import { createCatalogue, takeCatalogue } from "@/catalogue/store";
import type { CatalogueReply } from "@/catalogue/types";
import { COMMANDS } from "@/commands/all";
import { Commands } from "@/commands/registry";
import { type Translate, translator } from "@/i18n/translate";
import { createRunner } from "@/run/live";
import { Announcements } from "@/shell/announcements";
import { Overlays } from "@/shell/overlays";
import { Toasts } from "@/shell/toasts";
import { createUi } from "@/ui/store";
import { activeTab, createWorkspace } from "@/workspace/tabs";

export interface Built {
  readonly app: App;
  /** Change the language of what is said outside of React. */
  readonly setTranslate: (t: Translate) => void;
}

/** The editor without anything open. */
export function buildApp(storage: Storage | undefined): Built {
  const ui = createUi(storage, navigator.languages);
  let t = translator(ui.getState().language);
  const announcements = new Announcements();
  const built = {
    ui,
    catalogue: createCatalogue(),
    workspace: createWorkspace(),
    connection: createStore<Connection>(() => ({
      state: "connecting",
      retryAt: undefined,
      queueRemaining: 0,
    })),
    toasts: new Toasts(),
    overlays: new Overlays(),
    canvas: undefined,
    openPicture: undefined,
    announcements,
    announce: (text: string) => announcements.say(text),
    // The language may change: a stable function that asks the translator of the moment.
    t: ((key, args) => t(key, args)) satisfies Translate,
  };
  const app = built as unknown as App;
  Object.defineProperty(app, "tab", { get: () => activeTab(app.workspace) });
  Object.assign(app, { commands: new Commands(app, COMMANDS), runner: createRunner(app) });
  return {
    app,
    setTranslate: (next) => {
      t = next;
    },
  };
}

const CACHE_KEY = "latentloom.catalogue";

/** What the routes of both kinds say while no worker has told its node types. */
const NOT_READY: ReadonlySet<string> = new Set(["deployment_not_ready", "worker_not_ready"]);
/** Milliseconds between two questions to a server that is still starting. */
const PATIENCE = 1000;

/**
 * Fetch the node types; a copy in this browser is used at once if the server says that it still holds.
 *
 * A server that was just started answers before its worker is ready: then this waits and asks again.
 */
export async function loadCatalogue(app: App, storage: Storage | undefined): Promise<void> {
  const kept = readKept(storage);
  try {
    const answer = await whenReady(() => getCatalogue(kept?.etag));
    if (answer === undefined && kept !== undefined) takeCatalogue(app.catalogue, kept.reply);
    if (answer === undefined) return;
    takeCatalogue(app.catalogue, answer.reply);
    keep(storage, answer.reply, answer.etag);
  } catch (error) {
    app.catalogue.setState({
      status: "failed",
      problem: error instanceof Error ? error.message : String(error),
    });
    throw error;
  }
}

async function whenReady<T>(question: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof ApiError) || !NOT_READY.has(error.code)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    }
  }
}

function readKept(storage: Storage | undefined): { reply: CatalogueReply; etag: string } | undefined {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(CACHE_KEY) ?? "null");
    return (kept as { reply: CatalogueReply; etag: string } | undefined | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function keep(storage: Storage | undefined, reply: CatalogueReply, etag: string | undefined): void {
  if (etag === undefined) return;
  try {
    storage?.setItem(CACHE_KEY, JSON.stringify({ reply, etag }));
  } catch {
    // The browser keeps nothing: the next visit fetches everything again.
  }
}
