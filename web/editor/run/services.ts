// Work around running that lasts as long as the editor: checking before a run, running on change, title and favicon.
import { validate } from "@/api/client";
import type { App } from "@/app";
import { lookupIn } from "@/catalogue/store";
import type { DocumentChange } from "@/document/store";
import { ROOT } from "@/document/types";
import type { Service } from "@/shell/slots";
import type { Tab } from "@/workspace/tabs";
import { byNode, sameProblems } from "./problems";
import { jobProgress, neededBy } from "./progress";

const CHECK_PAUSE_MS = 500;
const CHANGE_PAUSE_MS = 500;

/** Follow the documents of all tabs, those that are opened later too. */
function onEveryChange(app: App, listener: (tab: Tab, change: DocumentChange) => void): () => void {
  const stops = new Map<string, () => void>();
  const follow = () => {
    const { tabs } = app.workspace.getState();
    for (const tab of tabs)
      if (!stops.has(tab.id))
        stops.set(
          tab.id,
          tab.document.onChange((change) => listener(tab, change)),
        );
    for (const [id, stop] of stops)
      if (!tabs.some((tab) => tab.id === id)) {
        stop();
        stops.delete(id);
      }
  };
  follow();
  const stopFollowing = app.workspace.subscribe(follow);
  return () => {
    stopFollowing();
    for (const stop of stops.values()) stop();
  };
}

/** Whether a change can make a difference to what runs. */
function concernsRuns({ touched }: DocumentChange): boolean {
  if (touched.everything || touched.definitions) return true;
  // Modes stand in the layout of nodes.
  return [...touched.scopes.values()].some(
    (part) => part.everything || part.nodes.size > 0 || part.layouts.size > 0,
  );
}

/** Asks the server what is wrong with the document that is shown, a moment after each change. */
export const checking: Service = {
  id: "run.checking",
  start(app) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking: AbortController | undefined;
    const check = async () => {
      const tab = app.tab;
      if (tab === undefined || app.connection.getState().state === "lost") return;
      asking?.abort();
      asking = new AbortController();
      const { doc, revision } = tab.document.state.getState();
      if (Object.keys(doc.graph).length === 0) return tab.run.setState({ problems: {} });
      try {
        const found = await validate(doc, asking.signal);
        // An output that is missing is no fault of a node: it is told when somebody wants to run.
        const problems = byNode(found.filter((each) => each.node !== ""));
        if (tab.document.state.getState().revision !== revision) return;
        if (!sameProblems(problems, tab.run.getState().problems)) tab.run.setState({ problems });
      } catch {
        // Nobody answered, or a newer question was asked: what is known stays.
      }
    };
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(() => void check(), CHECK_PAUSE_MS);
    };
    const stops = [
      onEveryChange(app, (_tab, change) => concernsRuns(change) && later()),
      app.workspace.subscribe((now, before) => now.active !== before.active && later()),
      app.connection.subscribe((now, before) => now.state === "open" && before.state !== "open" && later()),
    ];
    later();
    return () => {
      clearTimeout(timer);
      asking?.abort();
      for (const stop of stops) stop();
    };
  },
};

/** Queues the document whenever it changed, one job at a time. */
export const runOnChange: Service = {
  id: "run.onChange",
  start(app) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wanted = new Set<Tab>();
    const go = () => {
      for (const tab of wanted) {
        // The job before is let finish: it shows what was, and the next one what is.
        if (tab.run.getState().pending.length > 0) continue;
        wanted.delete(tab);
        if (Object.keys(tab.run.getState().problems).length === 0) void app.runner.queue(tab, { count: 1 });
      }
    };
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(go, CHANGE_PAUSE_MS);
    };
    const stops = [
      onEveryChange(app, (tab, change) => {
        const isOurs = change.label === app.t("run.afterRun");
        if (!app.ui.getState().runOnChange || isOurs || !concernsRuns(change)) return;
        wanted.add(tab);
        later();
      }),
      app.runner.live.subscribe(() => wanted.size > 0 && later()),
      app.ui.subscribe((now) => !now.runOnChange && wanted.clear()),
    ];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  },
};

/** How far the running job of a tab is, from 0 to 1; undefined while none runs. */
export function progressOf(app: Pick<App, "catalogue">, tab: Tab): number | undefined {
  const run = tab.run.getState();
  if (run.job?.status !== "running") return undefined;
  const { graph } = tab.document.part(ROOT);
  const lookup = lookupIn(app.catalogue.getState());
  const { subgraphs } = tab.document.doc;
  const outputs = Object.keys(graph).filter((id) => {
    const type = graph[id]?.class_type ?? "";
    return subgraphs?.[type] !== undefined || lookup(type)?.isOutput;
  });
  return jobProgress(run, graph, neededBy(tab.document.index(ROOT), outputs));
}

/** Shows progress in the title of the browser's tab and in its icon. */
export const titleAndIcon: Service = {
  id: "run.title",
  start(app) {
    let stopTab = () => {};
    let waiting = false;
    let shown = -2;
    const draw = () => {
      waiting = false;
      const tab = app.tab;
      const value = tab === undefined ? undefined : progressOf(app, tab);
      const name = tab === undefined ? app.t("app.name") : `${tab.title} – ${app.t("app.name")}`;
      document.title = value === undefined ? name : `${Math.round(value * 100)} % · ${name}`;
      const steps = value === undefined ? -1 : Math.round(value * 24);
      if (steps !== shown) {
        shown = steps;
        void drawIcon(value);
      }
    };
    const later = () => {
      if (waiting) return;
      waiting = true;
      setTimeout(draw, 200);
    };
    const follow = () => {
      stopTab();
      stopTab = app.tab?.run.subscribe(later) ?? (() => {});
      later();
    };
    const stop = app.workspace.subscribe(follow);
    follow();
    return () => {
      stop();
      stopTab();
    };
  },
};

let plain: string | undefined;
let drawn: string | undefined;

/** The icon of the page with a ring around it that fills. */
async function drawIcon(value: number | undefined): Promise<void> {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (link === null) return;
  plain ??= link.href;
  const old = drawn;
  drawn = value === undefined ? undefined : await ringAddress(value);
  link.href = drawn ?? plain;
  // The browser may still be fetching the one before.
  if (old !== undefined) setTimeout(() => URL.revokeObjectURL(old), 2000);
}

async function ringAddress(value: number): Promise<string | undefined> {
  const canvas = document.createElement("canvas");
  canvas.width = 64;
  canvas.height = 64;
  const context = canvas.getContext("2d");
  if (context === null) return undefined;
  const style = getComputedStyle(document.documentElement);
  const arc = (colour: string, share: number) => {
    context.beginPath();
    context.lineWidth = 13;
    context.lineCap = "round";
    context.strokeStyle = colour;
    context.arc(32, 32, 24, -Math.PI / 2, -Math.PI / 2 + Math.PI * 2 * share);
    context.stroke();
  };
  arc(style.getPropertyValue("--line-strong"), 1);
  arc(style.getPropertyValue("--weft"), Math.max(0.02, value));
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  return blob === null ? undefined : URL.createObjectURL(blob);
}
