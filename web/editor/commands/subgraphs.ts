// Commands for subgraphs: make one, enter, leave, choose what it shows outside, unpack.
import { Boxes, CornerLeftUp, LogIn, PackageOpen, PlugZap, Split } from "lucide-react";
import type { App } from "@/app";
import { typeOfNode } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import { type NodeId, partAt, ROOT, titleOf, type WorkflowDocument } from "@/document/types";
import { closesCircle, makeSubgraph, unpack } from "@/graphEdits/subgraphs";
import { openPanel } from "@/ui/store";
import { enter, itemOf, leaveTo, nodeKey, scopeOf, select, selectedNodes } from "@/view/store";
import type { Tab } from "@/workspace/tabs";
import type { Command } from "./types";

const hasNodes = (app: App) => app.tab !== undefined && selectedNodes(app.tab.view.getState()).length > 0;

/** The definition that the only selected node stands for. */
export function selectedUse(tab: Tab | undefined): { node: NodeId; definition: string } | undefined {
  if (tab === undefined) return undefined;
  const view = tab.view.getState();
  const [node, ...more] = selectedNodes(view);
  if (node === undefined || more.length > 0) return undefined;
  const definition = tab.document.part(scopeOf(view)).graph[node]?.class_type;
  return definition !== undefined && tab.document.doc.subgraphs?.[definition] !== undefined
    ? { node, definition }
    : undefined;
}

/** Groups whose nodes all go inside, and selected notes. */
function furniture(tab: Tab, nodes: ReadonlySet<NodeId>): { groups: string[]; notes: string[] } {
  const view = tab.view.getState();
  const { layout } = tab.document.part(scopeOf(view));
  const groups = Object.entries(layout?.groups ?? {}).flatMap(([id, group]) =>
    (group.nodes?.length ?? 0) > 0 && group.nodes?.every((node) => nodes.has(node)) ? [id] : [],
  );
  const notes = [...view.selection].flatMap((key) => (key.startsWith("note:") ? [itemOf(key).id] : []));
  return { groups, notes };
}

function make(app: App): void {
  const { tab, canvas } = app;
  if (tab === undefined) return;
  const view = tab.view.getState();
  const scope = scopeOf(view);
  const nodes = selectedNodes(view);
  const index = tab.document.index(scope);
  if (closesCircle(nodes, index)) {
    app.toasts.show("warning", app.t("subgraph.circle"));
    return;
  }
  const { doc } = tab.document;
  const { graph } = tab.document.part(scope);
  const lookup = lookupIn(app.catalogue.getState());
  const outputOf = (id: NodeId, slot: number) => {
    const node = graph[id];
    const output = node && typeOfNode(node, doc, lookup).outputs[slot];
    return { name: output?.name ?? `output ${slot}`, type: output?.type ?? "*" };
  };
  const boxes = nodes.flatMap((id) => canvas?.boundsOf(id) ?? []);
  const middle = (low: number[], high: number[]) => (Math.min(...low) + Math.max(...high)) / 2;
  const at: [number, number] =
    boxes.length === 0
      ? [0, 0]
      : [
          middle(
            boxes.map((box) => box.x),
            boxes.map((box) => box.x + box.width),
          ) - 126,
          middle(
            boxes.map((box) => box.y),
            boxes.map((box) => box.y + box.height),
          ) - 60,
        ];
  const title = freeTitle(doc, app.t("subgraph.untitled"));
  let use = "";
  tab.document.edit(app.t("subgraph.made"), (draft) => {
    const wish = { id: crypto.randomUUID(), title, nodes, outputOf, at, ...furniture(tab, new Set(nodes)) };
    use = makeSubgraph(draft, scope, wish, index);
  });
  select(tab.view, [nodeKey(use)]);
  app.announce(app.t("subgraph.made"));
}

function freeTitle(doc: WorkflowDocument, wanted: string): string {
  const taken = new Set(Object.values(doc.subgraphs ?? {}).map((each) => each.title));
  let number = 1;
  while (taken.has(number === 1 ? wanted : `${wanted} ${number}`)) number++;
  return number === 1 ? wanted : `${wanted} ${number}`;
}

/** The names of the graphs on the way to the one that is shown, without the root. */
export function trailTitles(tab: Tab): string[] {
  const { doc } = tab.document;
  let scope = ROOT;
  return tab.view.getState().trail.map((step) => {
    const node = partAt(doc, scope)?.graph[step.use];
    scope = step.scope;
    const title = doc.subgraphs?.[step.scope]?.title;
    return node === undefined ? (title ?? step.use) : titleOf(node, title);
  });
}

export const SUBGRAPH_COMMANDS: readonly Command[] = [
  {
    id: "subgraph.make",
    label: "subgraph.make",
    group: "node",
    icon: Boxes,
    keys: ["Mod+Shift+G"],
    menus: ["node"],
    enabled: hasNodes,
    run: make,
  },
  {
    id: "subgraph.enter",
    label: "subgraph.enter",
    group: "node",
    icon: LogIn,
    keys: ["Mod+ArrowDown"],
    menus: ["node"],
    enabled: (app) => selectedUse(app.tab) !== undefined,
    run: (app) => {
      const use = selectedUse(app.tab);
      if (app.tab === undefined || use === undefined) return;
      enter(app.tab.view, use.node, use.definition);
      app.announce(app.t("subgraph.entered", { title: trailTitles(app.tab).at(-1) ?? "" }));
    },
  },
  {
    id: "subgraph.leave",
    label: "subgraph.leave",
    group: "view",
    icon: CornerLeftUp,
    keys: ["Mod+ArrowUp"],
    menus: ["canvas"],
    enabled: (app) => (app.tab?.view.getState().trail.length ?? 0) > 0,
    run: (app) => {
      const { tab } = app;
      const last = tab?.view.getState().trail.at(-1);
      if (tab === undefined || last === undefined) return;
      leaveTo(tab.view, tab.view.getState().trail.length - 1);
      select(tab.view, [nodeKey(last.use)]);
    },
  },
  {
    id: "subgraph.interface",
    label: "subgraph.interface",
    group: "node",
    icon: PlugZap,
    menus: ["node"],
    enabled: (app) => selectedUse(app.tab) !== undefined || (app.tab?.view.getState().trail.length ?? 0) > 0,
    run: (app) => openPanel(app.ui, "right", "subgraph"),
  },
  {
    id: "subgraph.unpack",
    label: "subgraph.unpack",
    group: "node",
    icon: PackageOpen,
    menus: ["node"],
    enabled: (app) => selectedUse(app.tab) !== undefined,
    run: (app) => {
      const use = selectedUse(app.tab);
      const { tab } = app;
      if (tab === undefined || use === undefined) return;
      const scope = scopeOf(tab.view.getState());
      let made: NodeId[] = [];
      tab.document.edit(app.t("subgraph.unpack"), (draft) => {
        made = unpack(draft, scope, use.node, tab.document.index(scope));
      });
      select(tab.view, made.map(nodeKey));
    },
  },
  {
    id: "subgraph.fork",
    label: "subgraph.fork",
    group: "node",
    icon: Split,
    menus: ["node"],
    enabled: (app) => selectedUse(app.tab) !== undefined,
    run: (app) => {
      const use = selectedUse(app.tab);
      const { tab } = app;
      if (tab === undefined || use === undefined) return;
      const scope = scopeOf(tab.view.getState());
      const own = structuredClone(tab.document.doc.subgraphs?.[use.definition]);
      if (own === undefined) return;
      own.title = freeTitle(tab.document.doc, own.title ?? app.t("subgraph.untitled"));
      tab.document.edit(app.t("subgraph.fork"), (draft) => {
        const id = crypto.randomUUID();
        draft.subgraphs = { ...draft.subgraphs, [id]: own };
        const node = partAt(draft, scope)?.graph[use.node];
        if (node !== undefined) node.class_type = id;
      });
    },
  },
];
