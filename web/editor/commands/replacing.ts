// Replaces nodes by others.
import { Replace } from "lucide-react";
import type { App } from "@/app";
import { inputsOf, typeOfNode } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import { type NodeId, titleOf } from "@/document/types";
import { replaceNode } from "@/graphEdits/replace";
import { ReplaceDialog } from "@/panels/replace/ReplaceDialog";
import { scopeOf, selectedNodes } from "@/view/store";
import type { Command } from "./types";

function replace(app: App): void {
  const { tab } = app;
  if (tab === undefined) return;
  const scope = scopeOf(tab.view.getState());
  const ids = selectedNodes(tab.view.getState());
  const lookup = lookupIn(app.catalogue.getState());
  const before = tab.document.doc;
  const { graph } = tab.document.part(scope);
  const typeAt = (id: NodeId) => {
    const node = graph[id];
    return node && typeOfNode(node, before, lookup);
  };
  const [first = ""] = ids;
  const title = titleOf(graph[first] ?? { class_type: "", inputs: {} }, typeAt(first)?.title);
  const onPick = (picked: string) => {
    const to = lookup(picked);
    if (to === undefined) return;
    const index = tab.document.index(scope);
    tab.document.edit(app.t("layout.replaced", { node: to.title }), (draft) => {
      for (const id of ids) {
        const from = typeAt(id);
        if (from === undefined) continue;
        const outputType = (node: NodeId, slot: number) => typeAt(node)?.outputs[slot]?.type ?? "*";
        const inputType = (node: NodeId, name: string) => {
          const [type, found] = [typeAt(node), graph[node]];
          if (type === undefined || found === undefined) return "*";
          return inputsOf(type, found).find((each) => each.name === name)?.type ?? "*";
        };
        replaceNode(draft, scope, id, { from, to, outputType, inputType }, index);
      }
    });
  };
  app.overlays.open(ReplaceDialog, { title, onPick });
}

export const REPLACING_COMMANDS: readonly Command[] = [
  {
    id: "node.replace",
    label: "layout.replace",
    group: "node",
    icon: Replace,
    keys: ["Shift+R"],
    menus: ["node"],
    enabled: (app) => app.tab !== undefined && selectedNodes(app.tab.view.getState()).length > 0,
    run: replace,
  },
];
