// Commands that put things in order: groups, notes, auto-arrange, align, spread.
import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalSpaceBetween,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalSpaceBetween,
  Ban,
  FoldVertical,
  Group,
  type LucideIcon,
  Maximize2,
  Network,
  Redo2,
  SlidersHorizontal,
  StickyNote,
  Ungroup,
} from "lucide-react";
import type { App } from "@/app";
import { draftAt, type GroupId, type NodeId, type NoteId, type Point } from "@/document/types";
import { type Alignment, aligned, type Spread, spread } from "@/graphEdits/aligning";
import { arrangeAside } from "@/graphEdits/arrangeAside";
import { freeKey } from "@/graphEdits/clipboard";
import { addGroup, type Box, fitGroups } from "@/graphEdits/groups";
import { placeNodes, toggleFlag, toggleMode } from "@/graphEdits/nodes";
import type { Key } from "@/i18n/catalogues";
import { openPanel, togglePanel } from "@/ui/store";
import { itemOf, scopeOf, select, selectedNodes } from "@/view/store";
import type { Command } from "./types";

/** Groups and notes that are selected. */
function chosen(app: App, kind: "group" | "note"): string[] {
  const selection = app.tab?.view.getState().selection ?? new Set();
  return [...selection].flatMap((key) => (key.startsWith(`${kind}:`) ? [itemOf(key).id] : []));
}

/** The boxes of the selected nodes, or of all. */
export function boxesOf(app: App, wanted?: readonly NodeId[]): Map<NodeId, Box> {
  const { tab, canvas } = app;
  if (tab === undefined) return new Map();
  const view = tab.view.getState();
  const { graph, layout } = tab.document.part(scopeOf(view));
  const ids = wanted ?? Object.keys(graph);
  return new Map(
    ids.flatMap((id) => {
      const bounds = canvas?.boundsOf(id);
      if (bounds === undefined || layout?.nodes?.[id]?.pinned) return [];
      const { x, y, width, height } = bounds;
      return [[id, { x, y, width, height }] as const];
    }),
  );
}

const picked = (app: App): NodeId[] => (app.tab === undefined ? [] : selectedNodes(app.tab.view.getState()));
const atLeast = (count: number) => (app: App) => picked(app).length >= count;
const hasGroup = (app: App) => chosen(app, "group").length > 0;

/** Move nodes to their places, visibly, in one step of undo; groups around them fit again. */
async function settleAt(app: App, label: Key, boxes: ReadonlyMap<NodeId, Box>, places: Map<NodeId, Point>) {
  const { tab, canvas } = app;
  if (tab === undefined || places.size === 0) return;
  const scope = scopeOf(tab.view.getState());
  await canvas?.glide(places);
  const boxOf = (id: NodeId): Box | undefined => {
    const place = places.get(id);
    const box = boxes.get(id) ?? canvas?.boundsOf(id);
    return box && (place === undefined ? box : { ...box, x: place[0], y: place[1] });
  };
  tab.document.edit(app.t(label), (draft) => {
    placeNodes(draft, scope, places);
    const { layout } = draftAt(draft, scope);
    for (const ofNode of [...places.keys()].map((id) => layout.links?.[id]))
      for (const link of Object.values(ofNode ?? {})) delete link.points; // bends of the old places
    const touched = Object.entries(layout.groups ?? {}).filter(([, group]) =>
      group.nodes?.some((id) => places.has(id)),
    );
    fitGroups(
      layout,
      touched.map(([id]) => id),
      boxOf,
    );
  });
}

async function arrangeAll(app: App): Promise<void> {
  const { tab } = app;
  if (tab === undefined) return;
  const some = picked(app);
  const boxes = boxesOf(app, some.length > 1 ? some : undefined);
  if (boxes.size === 0) return;
  const places = await arrangeAside(boxes, tab.document.index(scopeOf(tab.view.getState())));
  const left = Math.min(...[...boxes.values()].map((box) => box.x));
  const top = Math.min(...[...boxes.values()].map((box) => box.y));
  const moved = new Map([...places].map(([id, [x, y]]): [NodeId, Point] => [id, [x + left, y + top]]));
  await settleAt(app, "layout.arrange", boxes, moved);
  app.announce(app.t("layout.arranged", { count: moved.size }));
}

function group(app: App): void {
  const { tab } = app;
  if (tab === undefined) return;
  const scope = scopeOf(tab.view.getState());
  const nodes = new Map(
    picked(app).flatMap((id) => {
      const box = app.canvas?.boundsOf(id);
      return box === undefined ? [] : [[id, box] as const];
    }),
  );
  let made: GroupId = "";
  tab.document.edit(app.t("layout.group"), (draft) => {
    made = addGroup(draft, scope, app.t("layout.groupTitle"), nodes);
  });
  select(tab.view, [`group:${made}`]);
}

function ungroup(app: App): void {
  const { tab } = app;
  if (tab === undefined) return;
  tab.document.edit(app.t("layout.ungroup"), (draft) => {
    const { layout } = draftAt(draft, scopeOf(tab.view.getState()));
    for (const id of chosen(app, "group")) delete layout.groups?.[id];
  });
  select(tab.view, []);
}

/** The nodes of the selected groups. */
function members(app: App): NodeId[] {
  const { tab } = app;
  if (tab === undefined) return [];
  const { graph, layout } = tab.document.part(scopeOf(tab.view.getState()));
  const all = chosen(app, "group").flatMap((id) => layout?.groups?.[id]?.nodes ?? []);
  return [...new Set(all)].filter((id) => graph[id] !== undefined);
}

function addNote(app: App): void {
  const { tab } = app;
  if (tab === undefined) return;
  const scope = scopeOf(tab.view.getState());
  const [x, y] = app.canvas?.pointer() ?? [0, 0];
  let made: NoteId = "";
  tab.document.edit(app.t("layout.note"), (draft) => {
    const { layout } = draftAt(draft, scope);
    layout.notes ??= {};
    made = freeKey(layout.notes, "n");
    layout.notes[made] = { text: "", position: [Math.round(x), Math.round(y)], size: [260, 160] };
  });
  select(tab.view, [`note:${made}`]);
  tab.view.setState({ renaming: `note:${made}` });
}

/** Open the panel of the selection with its name field ready to type. */
function rename(app: App): void {
  openPanel(app.ui, "right", "selection");
  const focus = (tries: number) => {
    const field = document.querySelector<HTMLInputElement>("[data-panel=selection] [data-title]");
    field?.select();
    if (field === null && tries > 0) setTimeout(() => focus(tries - 1), 60);
  };
  focus(30);
}

const ALIGN: readonly (readonly [Alignment, LucideIcon])[] = [
  ["left", AlignStartVertical],
  ["centre", AlignCenterVertical],
  ["right", AlignEndVertical],
  ["top", AlignStartHorizontal],
  ["middle", AlignCenterHorizontal],
  ["bottom", AlignEndHorizontal],
];
const SPREAD: readonly (readonly [Spread, LucideIcon])[] = [
  ["across", AlignHorizontalSpaceBetween],
  ["down", AlignVerticalSpaceBetween],
];

export const LAYOUT_COMMANDS: readonly Command[] = [
  {
    id: "layout.arrange",
    label: "layout.arrange",
    group: "edit",
    icon: Network,
    keys: ["L"],
    menus: ["canvas", "node"],
    enabled: (app) => app.tab !== undefined,
    run: arrangeAll,
  },
  ...ALIGN.map(
    ([to, icon]): Command => ({
      id: `layout.align_${to}`,
      label: `layout.align_${to}`,
      group: "edit",
      icon,
      enabled: atLeast(2),
      run: (app) => {
        const boxes = boxesOf(app, picked(app));
        return settleAt(app, `layout.align_${to}`, boxes, aligned(boxes, to));
      },
    }),
  ),
  ...SPREAD.map(
    ([way, icon]): Command => ({
      id: `layout.spread_${way}`,
      label: `layout.spread_${way}`,
      group: "edit",
      icon,
      enabled: atLeast(3),
      run: (app) => {
        const boxes = boxesOf(app, picked(app));
        return settleAt(app, `layout.spread_${way}`, boxes, spread(boxes, way));
      },
    }),
  ),
  {
    id: "group.make",
    label: "layout.group",
    group: "node",
    icon: Group,
    keys: ["Mod+G"],
    menus: ["node"],
    enabled: atLeast(1),
    run: group,
  },
  {
    id: "group.edit",
    label: "layout.groupEdit",
    group: "edit",
    icon: SlidersHorizontal,
    keys: ["F2"],
    menus: ["group"],
    enabled: (app) => hasGroup(app) && picked(app).length === 0,
    run: rename,
  },
  {
    id: "group.select",
    label: "layout.groupSelect",
    group: "select",
    menus: ["group"],
    enabled: hasGroup,
    run: (app) =>
      app.tab &&
      select(
        app.tab.view,
        members(app).map((id) => `node:${id}` as const),
      ),
  },
  ...(
    [
      ["mute", Ban],
      ["bypass", Redo2],
    ] as const
  ).map(
    ([mode, icon]): Command => ({
      id: `group.${mode}`,
      label: `canvas.${mode}`,
      group: "edit",
      icon,
      keys: [mode === "mute" ? "Mod+M" : "Mod+B"],
      menus: ["group"],
      enabled: (app) => hasGroup(app) && picked(app).length === 0,
      run: (app) => {
        const { tab } = app;
        const nodes = members(app);
        if (tab === undefined || nodes.length === 0) return;
        tab.document.edit(app.t(`canvas.${mode}`), (draft) =>
          toggleMode(draft, scopeOf(tab.view.getState()), nodes, mode),
        );
      },
    }),
  ),
  {
    id: "group.collapse",
    label: "canvas.collapse",
    group: "edit",
    icon: FoldVertical,
    keys: ["Alt+C"],
    menus: ["group"],
    enabled: (app) => hasGroup(app) && picked(app).length === 0,
    run: (app) => {
      const { tab } = app;
      const nodes = members(app);
      if (tab === undefined || nodes.length === 0) return;
      tab.document.edit(app.t("canvas.collapse"), (draft) =>
        toggleFlag(draft, scopeOf(tab.view.getState()), nodes, "collapsed"),
      );
    },
  },
  {
    id: "group.fit",
    label: "layout.groupFit",
    group: "edit",
    icon: Maximize2,
    menus: ["group"],
    enabled: hasGroup,
    run: (app) => {
      const { tab } = app;
      if (tab === undefined) return;
      tab.document.edit(app.t("layout.groupFit"), (draft) => {
        const { layout } = draftAt(draft, scopeOf(tab.view.getState()));
        fitGroups(layout, chosen(app, "group"), (id) => app.canvas?.boundsOf(id));
      });
    },
  },
  {
    id: "group.ungroup",
    label: "layout.ungroup",
    group: "edit",
    icon: Ungroup,
    keys: ["Mod+Alt+G"],
    menus: ["group"],
    enabled: hasGroup,
    run: ungroup,
  },
  {
    id: "note.add",
    label: "layout.note",
    group: "edit",
    icon: StickyNote,
    keys: ["N"],
    menus: ["canvas"],
    enabled: (app) => app.tab !== undefined,
    run: addNote,
  },
  {
    id: "note.edit",
    label: "layout.noteEdit",
    group: "edit",
    icon: StickyNote,
    keys: ["F2", "Enter"],
    menus: ["note"],
    enabled: (app) => chosen(app, "note").length === 1 && picked(app).length === 0,
    run: (app) => app.tab?.view.setState({ renaming: `note:${chosen(app, "note")[0]}` }),
  },
  {
    id: "panel.selection",
    label: "layout.panel",
    group: "panel",
    icon: SlidersHorizontal,
    keys: ["E"],
    menus: ["node", "note"],
    run: (app) => togglePanel(app.ui, "right", "selection"),
  },
];
