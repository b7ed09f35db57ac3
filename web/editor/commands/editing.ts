// Commands that change the graph: undo, clipboard, delete, modes, names, nudges.
import {
  Ban,
  ClipboardPaste,
  Copy,
  CopyPlus,
  FoldVertical,
  Pin,
  Plus,
  Redo,
  Redo2,
  Scissors,
  Text,
  Trash2,
  Undo,
  Unlink,
} from "lucide-react";
import type { App } from "@/app";
import { typeOfNode } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import { draftAt, type NodeId, type Point } from "@/document/types";
import { clipboardText, copyOf, documentInText, type Pasted, paste } from "@/graphEdits/clipboard";
import { disconnect, setPoints } from "@/graphEdits/links";
import { dissolveNodes, placeNodes, removeNodes, toggleFlag, toggleMode } from "@/graphEdits/nodes";
import { nestsItself } from "@/graphEdits/uses";
import type { Key } from "@/i18n/catalogues";
import { type ItemKey, itemOf, nodeKey, scopeOf, select, selectedNodes } from "@/view/store";
import type { Tab } from "@/workspace/tabs";
import type { Command } from "./types";

interface Here {
  readonly tab: Tab;
  readonly scope: string;
  readonly nodes: NodeId[];
  readonly items: ReadonlySet<ItemKey>;
}

/** The tab that is shown with what is selected in it. */
function here(app: App): Here {
  const { tab } = app;
  if (tab === undefined) throw new Error(app.t("app.nothingOpen"));
  const view = tab.view.getState();
  return { tab, scope: scopeOf(view), nodes: selectedNodes(view), items: view.selection };
}

const hasTab = (app: App) => app.tab !== undefined;
const hasNodes = (app: App) => app.tab !== undefined && selectedNodes(app.tab.view.getState()).length > 0;
const hasItems = (app: App) => (app.tab?.view.getState().selection.size ?? 0) > 0;
const hasLink = (app: App) =>
  [...(app.tab?.view.getState().selection ?? [])].some((key) => key.startsWith("link:"));

/** The end of a link that an item names. */
function endOf(key: ItemKey): { node: NodeId; input: string; index: number } {
  const [node = "", input = "", index = "-1"] = itemOf(key).id.split("\n");
  return { node, input, index: Number(index) };
}

function picked({ items, nodes }: Here) {
  const ids = (kind: "group" | "note") =>
    [...items].flatMap((key) => (key.startsWith(`${kind}:`) ? [itemOf(key).id] : []));
  return { nodes, groups: ids("group"), notes: ids("note") };
}

function remove(app: App, heals: boolean): void {
  const { tab, scope, nodes, items } = here(app);
  const index = tab.document.index(scope);
  const lookup = lookupIn(app.catalogue.getState());
  const { graph } = tab.document.part(scope);
  const typeOf = (id: NodeId) =>
    typeOfNode(graph[id] ?? { class_type: id, inputs: {} }, tab.document.doc, lookup);
  tab.document.edit(app.t(heals ? "canvas.dissolve" : "canvas.delete"), (draft) => {
    removeBends(draft, scope, [...items]);
    for (const key of items) {
      const { kind, id } = itemOf(key);
      const { layout } = draftAt(draft, scope);
      if (kind === "link") disconnect(draft, scope, endOf(key));
      if (kind === "group") delete layout.groups?.[id];
      if (kind === "note") delete layout.notes?.[id];
    }
    if (heals) dissolveNodes(draft, scope, nodes, index, typeOf);
    else removeNodes(draft, scope, nodes, index);
  });
  select(tab.view, []);
  app.announce(app.t("canvas.deleted", { count: items.size }));
}

function removeBends(draft: Parameters<typeof draftAt>[0], scope: string, items: readonly ItemKey[]): void {
  const bends = items.filter((key) => key.startsWith("point:")).map(endOf);
  for (const { node, input, index } of bends.sort((a, b) => b.index - a.index)) {
    const points = draftAt(draft, scope).layout.links?.[node]?.[input]?.points ?? [];
    setPoints(
      draft,
      scope,
      { node, input },
      points.filter((_, at) => at !== index),
    );
  }
}

async function copy(app: App): Promise<void> {
  const at = here(app);
  const made = copyOf(at.tab.document.doc, at.scope, picked(at));
  // Without a layout a copy has no place to be pasted at: nodes that were never moved get theirs from the canvas.
  for (const id of at.nodes) {
    const bounds = app.canvas?.boundsOf(id);
    made.layout ??= {};
    made.layout.nodes ??= {};
    if (bounds !== undefined)
      made.layout.nodes[id] = { ...made.layout.nodes[id], position: [bounds.x, bounds.y] };
  }
  await navigator.clipboard.writeText(clipboardText(made));
}

/** Paste the nodes that a text holds and select them; returns whether it holds any. A subgraph does not go into itself:
 * that is told. */
export function pasteText(
  app: App,
  text: string,
  keepsIncoming: boolean,
  position: Point | undefined,
  label: Key,
): boolean {
  const copied = documentInText(text);
  if (copied === undefined) return false;
  const { tab, scope } = here(app);
  if (nestsItself(tab.document.doc, copied.graph, scope)) {
    app.toasts.show("warning", app.t("subgraph.nesting"));
    return true;
  }
  let made: Pasted = { nodes: [], groups: [], notes: [] };
  tab.document.edit(app.t(label), (draft) => {
    made = paste(draft, scope, copied, {
      keepsIncoming,
      ...(position === undefined ? {} : { at: position }),
    });
  });
  const keys: ItemKey[] = [
    ...made.nodes.map(nodeKey),
    ...made.groups.map((id): ItemKey => `group:${id}`),
    ...made.notes.map((id): ItemKey => `note:${id}`),
  ];
  select(tab.view, keys);
  return true;
}

async function pasteHere(app: App, keepsIncoming: boolean): Promise<void> {
  const text = await navigator.clipboard.readText();
  if (!pasteText(app, text, keepsIncoming, app.canvas?.pointer(), "canvas.paste"))
    app.toasts.show("info", app.t("canvas.nothingToPaste"));
}

function duplicate(app: App): void {
  const at = here(app);
  const made = copyOf(at.tab.document.doc, at.scope, picked(at));
  pasteText(app, clipboardText(made), true, undefined, "canvas.duplicate");
}

function nudge(app: App, dx: number, dy: number): void {
  const { tab, scope, nodes } = here(app);
  const places = nodes.flatMap((id): [NodeId, Point][] => {
    const bounds = app.canvas?.boundsOf(id);
    return bounds === undefined ? [] : [[id, [bounds.x + dx, bounds.y + dy]]];
  });
  tab.document.edit(app.t("canvas.nudge"), (draft) => placeNodes(draft, scope, places), {
    coalesce: "nudge",
  });
}

function nudges(name: string, label: Key, key: string, dx: number, dy: number): Command[] {
  return [
    {
      id: `edit.nudge${name}`,
      label,
      group: "edit",
      keys: [key],
      enabled: hasNodes,
      run: (app) => nudge(app, dx, dy),
    },
    {
      id: `edit.nudge${name}Far`,
      label,
      group: "edit",
      keys: [`Shift+${key}`],
      enabled: hasNodes,
      run: (app) => nudge(app, dx * 10, dy * 10),
    },
  ];
}

export const EDITING_COMMANDS: readonly Command[] = [
  {
    id: "node.add",
    label: "canvas.addNode",
    group: "node",
    icon: Plus,
    keys: ["Tab", "Shift+A"],
    menus: ["canvas"],
    enabled: hasTab,
    run: (app) => app.canvas?.openSearch(),
  },
  {
    id: "edit.undo",
    label: "canvas.undo",
    group: "edit",
    icon: Undo,
    keys: ["Mod+Z"],
    whileTyping: true,
    enabled: (app) => app.tab?.document.canUndo ?? false,
    run: (app) => {
      const label = app.tab?.document.undo();
      if (label !== undefined) app.announce(app.t("canvas.undoOf", { label }));
    },
  },
  {
    id: "edit.redo",
    label: "canvas.redo",
    group: "edit",
    icon: Redo,
    keys: ["Mod+Shift+Z", "Mod+Y"],
    whileTyping: true,
    enabled: (app) => app.tab?.document.canRedo ?? false,
    run: (app) => {
      const label = app.tab?.document.redo();
      if (label !== undefined) app.announce(app.t("canvas.redoOf", { label }));
    },
  },
  {
    id: "edit.cut",
    label: "canvas.cut",
    group: "edit",
    icon: Scissors,
    keys: ["Mod+X"],
    menus: ["node"],
    enabled: hasItems,
    run: async (app) => {
      await copy(app);
      remove(app, false);
    },
  },
  {
    id: "edit.copy",
    label: "canvas.copy",
    group: "edit",
    icon: Copy,
    keys: ["Mod+C"],
    menus: ["node", "note", "group"],
    enabled: hasItems,
    run: copy,
  },
  {
    id: "edit.paste",
    label: "canvas.paste",
    group: "edit",
    icon: ClipboardPaste,
    keys: [], // Ctrl+V comes as a paste event, which needs no permission: see canvas/pasting.ts
    menus: ["canvas"],
    enabled: hasTab,
    run: (app) => pasteHere(app, false),
  },
  {
    id: "edit.pasteLinked",
    label: "canvas.pasteLinked",
    group: "edit",
    keys: ["Mod+Shift+V"],
    menus: ["canvas"],
    enabled: hasTab,
    run: (app) => pasteHere(app, true),
  },
  {
    id: "edit.duplicate",
    label: "canvas.duplicate",
    group: "edit",
    icon: CopyPlus,
    keys: ["Mod+D"],
    menus: ["node"],
    enabled: hasNodes,
    run: duplicate,
  },
  {
    id: "edit.delete",
    label: "canvas.delete",
    group: "edit",
    icon: Trash2,
    keys: ["Delete", "Backspace"],
    menus: ["node", "link", "group", "note"],
    enabled: hasItems,
    run: (app) => remove(app, false),
  },
  {
    id: "edit.dissolve",
    label: "canvas.dissolve",
    group: "edit",
    icon: Unlink,
    keys: ["Mod+Delete", "Mod+Backspace"],
    menus: ["node"],
    enabled: hasNodes,
    run: (app) => remove(app, true),
  },
  {
    id: "node.rename",
    label: "canvas.rename",
    group: "node",
    icon: Text,
    keys: ["F2"],
    menus: ["node"],
    enabled: hasNodes,
    run: (app) => {
      const { tab, nodes } = here(app);
      app.canvas?.goTo(nodes[0] ?? "");
      tab.view.setState({ renaming: nodes[0] });
    },
  },
  ...(
    [
      ["mute", "Mod+M", Ban],
      ["bypass", "Mod+B", Redo2],
    ] as const
  ).map(
    ([mode, key, icon]): Command => ({
      id: `node.${mode}`,
      label: `canvas.${mode}`,
      group: "node",
      icon,
      keys: [key],
      menus: ["node"],
      enabled: hasNodes,
      run: (app) => {
        const { tab, scope, nodes } = here(app);
        tab.document.edit(app.t(`canvas.${mode}`), (draft) => toggleMode(draft, scope, nodes, mode));
      },
    }),
  ),
  ...(
    [
      ["collapse", "Alt+C", FoldVertical, "collapsed"],
      ["pin", "P", Pin, "pinned"],
    ] as const
  ).map(
    ([name, key, icon, flag]): Command => ({
      id: `node.${name}`,
      label: `canvas.${name}`,
      group: "node",
      icon,
      keys: [key],
      menus: ["node"],
      enabled: hasNodes,
      run: (app) => {
        const { tab, scope, nodes } = here(app);
        tab.document.edit(app.t(`canvas.${name}`), (draft) => toggleFlag(draft, scope, nodes, flag));
      },
    }),
  ),
  {
    id: "link.hide",
    label: "canvas.hideLink",
    group: "link",
    menus: ["link"],
    enabled: hasLink,
    run: (app) => {
      const { tab, scope, items } = here(app);
      tab.document.edit(app.t("canvas.hideLink"), (draft) => {
        const { layout } = draftAt(draft, scope);
        for (const key of items) {
          if (!key.startsWith("link:")) continue;
          const { node, input } = endOf(key);
          layout.links ??= {};
          layout.links[node] ??= {};
          layout.links[node][input] = {
            ...layout.links[node][input],
            hidden: layout.links[node][input]?.hidden !== true,
          };
        }
      });
    },
  },
  ...nudges("Left", "canvas.nudgeLeft", "ArrowLeft", -1, 0),
  ...nudges("Right", "canvas.nudgeRight", "ArrowRight", 1, 0),
  ...nudges("Up", "canvas.nudgeUp", "ArrowUp", 0, -1),
  ...nudges("Down", "canvas.nudgeDown", "ArrowDown", 0, 1),
];
