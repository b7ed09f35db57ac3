// Commands that run things.
import {
  CornerDownRight,
  Eye,
  Grid3x3,
  HelpCircle,
  Images,
  ListOrdered,
  Play,
  RotateCcw,
  Square,
  StepForward,
  ZoomIn,
} from "lucide-react";
import { plan } from "@/api/client";
import { clearQueue } from "@/api/jobs";
import type { App } from "@/app";
import { SweepDialog } from "@/panels/run/SweepDialog";
import { editNodes } from "@/run/events";
import { runPrefix } from "@/run/scoped";
import { tellRefusal } from "@/run/telling";
import { openPanel, togglePanel } from "@/ui/store";
import { selectedNodes } from "@/view/store";
import { currentResult, viewFiles } from "@/viewer/opening";
import { previewOutput } from "./previewing";
import type { Command } from "./types";

function hasNodes(app: App): boolean {
  return app.tab !== undefined && Object.keys(app.tab.document.doc.graph).length > 0;
}

/** The selected nodes, as the server calls them. */
function targetsOf(app: App): string[] {
  const view = app.tab?.view.getState();
  return view === undefined ? [] : selectedNodes(view).map((id) => runPrefix(view) + id);
}

/** Ask what would run, and note the reasons at the nodes. */
async function explain(app: App): Promise<void> {
  const tab = app.tab;
  if (tab === undefined) return;
  const { nodes, problems } = await plan(tab.document.doc);
  if (problems.length > 0) return tellRefusal(app, tab, undefined);
  editNodes(tab.run, (runs) => {
    for (const { id, reason } of nodes) {
      const before = runs[id];
      runs[id] = { ...(before ?? { status: "waiting", value: 0, maximum: 1 }), reason };
    }
  });
  const run = nodes.filter((each) => each.state === "run").length;
  const hit = nodes.filter((each) => each.state === "hit").length;
  app.toasts.show("info", app.t("run.planned", { run, hit }));
}

export const RUN_COMMANDS: readonly Command[] = [
  {
    id: "run.queue",
    label: "run.queue",
    group: "run",
    icon: Play,
    keys: ["Mod+Enter"],
    whileTyping: true,
    menus: ["canvas"],
    enabled: hasNodes,
    run: async (app) => app.tab && app.runner.queue(app.tab),
  },
  {
    id: "run.front",
    label: "run.front",
    group: "run",
    icon: StepForward,
    keys: ["Mod+Shift+Enter"],
    whileTyping: true,
    enabled: hasNodes,
    run: async (app) => app.tab && app.runner.queue(app.tab, { front: true }),
  },
  {
    id: "run.interrupt",
    label: "run.interrupt",
    group: "run",
    icon: Square,
    keys: ["Mod+Alt+Enter"],
    whileTyping: true,
    enabled: (app) => app.tab !== undefined,
    run: async (app) => app.tab && app.runner.interrupt(app.tab),
  },
  {
    id: "run.toHere",
    label: "run.toHere",
    group: "run",
    icon: CornerDownRight,
    menus: ["node"],
    enabled: (app) => targetsOf(app).length > 0,
    run: async (app) => app.tab && app.runner.queue(app.tab, { targets: targetsOf(app), count: 1 }),
  },
  {
    id: "run.fromHere",
    label: "run.fromHere",
    group: "run",
    icon: RotateCcw,
    menus: ["node"],
    enabled: (app) => targetsOf(app).length > 0,
    run: async (app) => app.tab && app.runner.queue(app.tab, { rerun: targetsOf(app), count: 1 }),
  },
  {
    id: "run.preview",
    label: "run.preview",
    group: "run",
    icon: Eye,
    menus: ["node"],
    enabled: (app) => app.tab !== undefined && selectedNodes(app.tab.view.getState()).length === 1,
    run: async (app) => {
      const [node] = app.tab === undefined ? [] : selectedNodes(app.tab.view.getState());
      if (node !== undefined) await previewOutput(app, node);
    },
  },
  {
    id: "run.plan",
    label: "run.plan",
    group: "run",
    icon: HelpCircle,
    menus: ["canvas"],
    enabled: hasNodes,
    run: explain,
  },
  {
    id: "run.sweep",
    label: "run.sweep",
    group: "run",
    icon: Grid3x3,
    enabled: hasNodes,
    run: (app) => void (app.tab && app.overlays.open(SweepDialog, { tab: app.tab })),
  },
  {
    id: "run.clearQueue",
    label: "run.clearQueue",
    group: "run",
    run: async (app) => {
      await clearQueue();
      openPanel(app.ui, "right", "queue");
    },
  },
  {
    id: "run.onChange",
    label: "run.onChange",
    group: "run",
    checked: (app) => app.ui.getState().runOnChange,
    run: (app) => app.ui.setState(({ runOnChange }) => ({ runOnChange: !runOnChange })),
  },
  {
    id: "run.viewResult",
    label: "run.viewResult",
    group: "run",
    icon: ZoomIn,
    keys: ["V"],
    menus: ["node"],
    enabled: (app) => currentResult(app).length > 0,
    run: (app) => viewFiles(app, currentResult(app)),
  },
  {
    id: "panel.queue",
    label: "run.queuePanel",
    group: "panel",
    icon: ListOrdered,
    keys: ["Q"],
    run: (app) => togglePanel(app.ui, "right", "queue"),
  },
  {
    id: "panel.history",
    label: "history.title",
    group: "panel",
    icon: Images,
    keys: ["I"],
    run: (app) => togglePanel(app.ui, "right", "history"),
  },
];
