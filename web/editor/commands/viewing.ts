// Commands that change what is seen: camera, selection, theme, palette.
import { Frame, Keyboard, Map as MapIcon, Maximize, Moon, Search, Sun, ZoomIn, ZoomOut } from "lucide-react";
import type { App } from "@/app";
import { type Direction, neighbour } from "@/canvas/keyboard";
import type { Key } from "@/i18n/catalogues";
import { KeymapDialog } from "@/panels/settings/KeymapDialog";
import { Palette } from "@/shell/palette/Palette";
import { leaveTo, nodeKey, scopeOf, select, selectedNodes } from "@/view/store";
import type { Command } from "./types";

const hasTab = (app: App) => app.tab !== undefined;
const hasCanvas = (app: App) => app.canvas !== undefined;

function zoomBy(app: App, factor: number): void {
  const { canvas } = app;
  if (canvas === undefined) return;
  const { width, height } = canvas.element.getBoundingClientRect();
  const { x, y, z } = canvas.camera;
  const next = Math.min(4, Math.max(0.02, z * factor));
  const scale = next / z;
  canvas.setCamera({
    x: width / 2 - (width / 2 - x) * scale,
    y: height / 2 - (height / 2 - y) * scale,
    z: next,
  });
}

function go(app: App, direction: Direction): void {
  const { tab, canvas } = app;
  if (tab === undefined || canvas === undefined) return;
  const scope = scopeOf(tab.view.getState());
  const ids = Object.keys(tab.document.part(scope).graph);
  const { focused } = tab.view.getState();
  const from = focused ?? selectedNodes(tab.view.getState())[0];
  const boxes = ids.flatMap((id) => {
    const bounds = canvas.boundsOf(id);
    return bounds === undefined ? [] : [{ id, bounds }];
  });
  const next = neighbour(boxes, from, direction);
  if (next === undefined) return;
  canvas.goTo(next);
  const node = tab.document.part(scope).graph[next];
  app.announce(node?._meta?.title ?? node?.class_type ?? next);
}

function selectAlong(app: App, way: "upstream" | "downstream"): void {
  const { tab } = app;
  if (tab === undefined) return;
  const view = tab.view.getState();
  const index = tab.document.index(scopeOf(view));
  select(tab.view, [...index[way](selectedNodes(view))].map(nodeKey));
}

/** Into the first control of the node that has the focus. */
function enterNode(app: App): void {
  const id = app.tab?.view.getState().focused;
  if (id === undefined) return;
  const frame = app.canvas?.element.querySelector(`[data-node="${CSS.escape(id)}"]`);
  frame?.querySelector<HTMLElement>("[data-widget] :is(input, textarea, select, button)")?.focus();
}

function goBack(app: App): void {
  const { tab, canvas } = app;
  if (tab === undefined || canvas === undefined) return;
  const active = document.activeElement;
  const view = tab.view.getState();
  if (active instanceof HTMLElement && active !== canvas.element && canvas.element.contains(active))
    canvas.focus();
  else if (view.selection.size > 0) select(tab.view, []);
  else leaveTo(tab.view, view.trail.length - 1);
}

const DIRECTIONS: readonly (readonly [Direction, Key, string])[] = [
  ["left", "canvas.goLeft", "Alt+ArrowLeft"],
  ["right", "canvas.goRight", "Alt+ArrowRight"],
  ["up", "canvas.goUp", "Alt+ArrowUp"],
  ["down", "canvas.goDown", "Alt+ArrowDown"],
];

const BOOKMARKS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

export const VIEWING_COMMANDS: readonly Command[] = [
  {
    id: "view.frame",
    label: "canvas.frame",
    group: "view",
    icon: Frame,
    keys: ["F", "."],
    menus: ["canvas", "node", "group"],
    enabled: hasCanvas,
    run: (app) => {
      const selection = app.tab?.view.getState().selection;
      app.canvas?.frame(selection === undefined || selection.size === 0 ? undefined : selection);
    },
  },
  {
    id: "view.frameAll",
    label: "canvas.frameAll",
    group: "view",
    icon: Maximize,
    keys: ["Shift+F"],
    menus: ["canvas"],
    enabled: hasCanvas,
    run: (app) => app.canvas?.frame(),
  },
  {
    id: "view.zoomReset",
    label: "canvas.zoomReset",
    group: "view",
    keys: ["1"],
    enabled: hasCanvas,
    run: (app) => zoomBy(app, 1 / (app.canvas?.camera.z ?? 1)),
  },
  {
    id: "view.zoomIn",
    label: "canvas.zoomIn",
    group: "view",
    icon: ZoomIn,
    keys: ["+", "="],
    enabled: hasCanvas,
    run: (app) => zoomBy(app, 1.25),
  },
  {
    id: "view.zoomOut",
    label: "canvas.zoomOut",
    group: "view",
    icon: ZoomOut,
    keys: ["-"],
    enabled: hasCanvas,
    run: (app) => zoomBy(app, 0.8),
  },
  {
    id: "view.minimap",
    label: "canvas.minimap",
    group: "view",
    icon: MapIcon,
    keys: ["M"],
    checked: (app) => app.ui.getState().minimap,
    run: (app) => app.ui.setState(({ minimap }) => ({ minimap: !minimap })),
  },
  {
    id: "view.snap",
    label: "canvas.snap",
    group: "view",
    checked: (app) => app.ui.getState().snap,
    run: (app) => app.ui.setState(({ snap }) => ({ snap: !snap })),
  },
  {
    id: "select.all",
    label: "canvas.selectAll",
    group: "select",
    keys: ["Mod+A"],
    enabled: hasTab,
    run: (app) => {
      const { tab } = app;
      if (tab !== undefined)
        select(tab.view, Object.keys(tab.document.part(scopeOf(tab.view.getState())).graph).map(nodeKey));
    },
  },
  {
    id: "select.none",
    label: "canvas.deselect",
    group: "select",
    keys: ["Escape"],
    whileTyping: true,
    enabled: hasCanvas,
    run: goBack,
  },
  {
    id: "select.upstream",
    label: "canvas.selectUpstream",
    group: "select",
    keys: ["["],
    menus: ["node"],
    enabled: hasTab,
    run: (app) => selectAlong(app, "upstream"),
  },
  {
    id: "select.downstream",
    label: "canvas.selectDownstream",
    group: "select",
    keys: ["]"],
    menus: ["node"],
    enabled: hasTab,
    run: (app) => selectAlong(app, "downstream"),
  },
  ...DIRECTIONS.map(
    ([direction, label, key]): Command => ({
      id: `select.${direction}`,
      label,
      group: "select",
      keys: [key],
      enabled: hasCanvas,
      run: (app) => go(app, direction),
    }),
  ),
  {
    id: "select.enter",
    label: "canvas.enterNode",
    group: "select",
    keys: ["Enter"],
    enabled: (app) => app.tab?.view.getState().focused !== undefined,
    run: enterNode,
  },
  ...BOOKMARKS.map(
    (number): Command => ({
      id: `view.setBookmark${number}`,
      label: "canvas.setBookmark",
      labelArgs: { number },
      group: "view",
      keys: [`Mod+Shift+${number}`],
      enabled: hasCanvas,
      run: (app) => {
        const { tab, canvas } = app;
        if (tab === undefined || canvas === undefined) return;
        const { x, y, z } = canvas.camera;
        tab.view.setState(({ bookmarks }) => ({ bookmarks: { ...bookmarks, [number]: { x, y, z } } }));
        app.toasts.show("info", app.t("canvas.bookmarkSet", { number }));
      },
    }),
  ),
  ...BOOKMARKS.map(
    (number): Command => ({
      id: `view.goBookmark${number}`,
      label: "canvas.goBookmark",
      labelArgs: { number },
      group: "view",
      keys: [`Shift+${number}`],
      enabled: (app) => app.tab?.view.getState().bookmarks[number] !== undefined,
      run: (app) => {
        const camera = app.tab?.view.getState().bookmarks[number];
        if (camera !== undefined) app.canvas?.setCamera(camera);
      },
    }),
  ),
  {
    id: "help.palette",
    label: "app.commands",
    group: "help",
    icon: Search,
    keys: ["Mod+K"],
    whileTyping: true,
    run: (app) => void app.overlays.open(Palette, {}),
  },
  {
    id: "help.shortcuts",
    label: "app.shortcuts",
    group: "help",
    icon: Keyboard,
    keys: ["?"],
    run: (app) => void app.overlays.open(KeymapDialog, {}),
  },
  {
    id: "view.theme",
    label: "app.theme",
    group: "view",
    icon: Sun,
    run: (app) => app.ui.setState(({ scheme }) => ({ theme: scheme === "dark" ? "light" : "dark" })),
  },
  {
    id: "view.themeSystem",
    label: "app.themeSystem",
    group: "view",
    icon: Moon,
    run: (app) => app.ui.setState({ theme: "system" }),
  },
];
