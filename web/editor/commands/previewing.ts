// Shows what an output gives, whatever it is: leads it into the viewer of the graph and runs to there.
import type { App } from "@/app";
import { outputsOf, typeOfNode } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import { type NodeId, type Point, titleOf } from "@/document/types";
import { attachViewer, viewedOutput, viewerFor, viewerOf } from "@/graphEdits/viewer";
import { runPrefix } from "@/run/scoped";
import { scopeOf } from "@/view/store";

const GAP = 48;

/** Show an output of a node; without a number its first one, and the next one each time. */
export async function previewOutput(app: App, id: NodeId, slot?: number): Promise<void> {
  const { tab, canvas } = app;
  if (tab === undefined || canvas === undefined) return;
  const state = tab.view.getState();
  const scope = scopeOf(state);
  const part = tab.document.part(scope);
  const node = part.graph[id];
  if (node === undefined || id === viewerOf(part)) return;
  const lookup = lookupIn(app.catalogue.getState());
  const type = typeOfNode(node, tab.document.doc, lookup);
  const outputs = outputsOf(type);
  const shown = viewedOutput(part);
  const wanted = slot ?? (shown?.node === id ? (shown.slot + 1) % outputs.length : 0);
  const output = outputs[wanted];
  const viewer = output && viewerFor(output.type, lookup);
  if (output === undefined || viewer === undefined) {
    app.toasts.show("info", app.t("run.nothingToPreview", { node: titleOf(node, type.title) }));
    return;
  }
  const { x = 0, y = 0, width = 0 } = canvas.boundsOf(id) ?? {};
  const at: Point = [Math.round(x + width + GAP), Math.round(y)];
  let made = "";
  tab.document.edit(app.t("run.previewed", { output: output.name }), (draft) => {
    made = attachViewer(draft, scope, viewer, { node: id, slot: wanted, type: output.type }, at);
  });
  await app.runner.queue(tab, { targets: [runPrefix(state) + made], count: 1 });
}
