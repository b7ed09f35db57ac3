// What the editor consists of: every panel, bar item, layer and service, one line each. Add yours here.
import { pastingService } from "@/canvas/pasting";
import { autosave } from "@/files/autosave";
import { dropLayer } from "@/files/DropLayer";
import { incoming } from "@/files/incoming";
import { formOnPhones, formPanel } from "@/panels/form";
import { helpPanel } from "@/panels/help";
import { historyPanel } from "@/panels/history";
import { nodeReport } from "@/panels/inspector/NodeReport";
import { cropAction, maskAction } from "@/panels/mask";
import { messagesPanel } from "@/panels/messages";
import { modelsPanel } from "@/panels/models";
import { modelDrops } from "@/panels/models/dragging";
import { MarkdownNote } from "@/panels/notes/MarkdownNote";
import { outlinePanel } from "@/panels/outline";
import { queuePanel } from "@/panels/queue";
import { connectionBanner } from "@/panels/run/ConnectionBanner";
import { runControl } from "@/panels/run/RunControl";
import { selectionPanel } from "@/panels/selection";
import { ownTheme } from "@/panels/settings/theme";
import { subgraphPanel } from "@/panels/subgraph";
import { breadcrumb } from "@/panels/subgraph/Breadcrumb";
import { workflowsPanel } from "@/panels/workflows";
import { checking, runOnChange, titleAndIcon } from "@/run/services";
import { tabStrip } from "@/tabs/TabStrip";
import { viewing } from "@/viewer/opening";
import type { CanvasLayer, ImageAction, NoteView, Panel, Service, TopBarItem } from "./slots";
import { ViewControls } from "./ViewControls";

export const PANELS: readonly Panel[] = [
  workflowsPanel,
  modelsPanel,
  formPanel,
  outlinePanel,
  queuePanel,
  historyPanel,
  selectionPanel,
  subgraphPanel,
  helpPanel,
  messagesPanel,
];

export const TOP_BAR: readonly TopBarItem[] = [
  { id: "view", place: "end", order: 90, component: ViewControls },
  tabStrip,
  runControl,
];

export const CANVAS_LAYERS: readonly CanvasLayer[] = [nodeReport, connectionBanner, dropLayer, breadcrumb];

export const SERVICES: readonly Service[] = [
  pastingService,
  modelDrops,
  autosave,
  incoming,
  checking,
  runOnChange,
  titleAndIcon,
  viewing,
  formOnPhones,
  ownTheme,
];

export const IMAGE_ACTIONS: readonly ImageAction[] = [maskAction, cropAction];

/** How notes are drawn. */
export const NOTE_VIEW: NoteView = { component: MarkdownNote };
