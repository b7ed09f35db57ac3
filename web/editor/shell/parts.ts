// What the editor consists of: every panel, bar item, layer and service, one line each. Add yours here.
import type { CanvasLayer, ImageAction, Panel, Service, TopBarItem } from "./slots";

export const PANELS: readonly Panel[] = [];

export const TOP_BAR: readonly TopBarItem[] = [];

export const CANVAS_LAYERS: readonly CanvasLayer[] = [];

export const SERVICES: readonly Service[] = [];

export const IMAGE_ACTIONS: readonly ImageAction[] = [];
