// What the editor consists of: every panel, bar item, layer and service, one line each. Add yours here.
import { pastingService } from "@/canvas/pasting";
import { PlainNote } from "./PlainNote";
import type { CanvasLayer, ImageAction, NoteView, Panel, Service, TopBarItem } from "./slots";
import { ViewControls } from "./ViewControls";

export const PANELS: readonly Panel[] = [];

export const TOP_BAR: readonly TopBarItem[] = [
  { id: "view", place: "end", order: 90, component: ViewControls },
];

export const CANVAS_LAYERS: readonly CanvasLayer[] = [];

export const SERVICES: readonly Service[] = [pastingService];

export const IMAGE_ACTIONS: readonly ImageAction[] = [];

/** How notes are drawn. */
export const NOTE_VIEW: NoteView = { component: PlainNote };
