// Files of the models panel on their way: dropped on a node that reads them they become its value, elsewhere their loader.
import type { App } from "@/app";
import { typeOfNode } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import { draftAt, type NodeId, type Point } from "@/document/types";
import { inputTaking, loaderOf, type ModelFile } from "@/graphEdits/modelFiles";
import { addNode } from "@/graphEdits/nodes";
import type { Service } from "@/shell/slots";
import { nodeKey, scopeOf, select } from "@/view/store";

const KIND = "application/x-latentloom-file";

/** Begin to drag a file. */
export function carry(transfer: DataTransfer, file: ModelFile): void {
  transfer.effectAllowed = "copy";
  transfer.setData(KIND, JSON.stringify(file));
  transfer.setData("text/plain", file.name);
}

/** Put a file into the graph that is shown: into a node that reads such files, else as a node that loads it. */
export function putFile(app: App, file: ModelFile, at: Point, onto?: NodeId): void {
  if (onto === undefined || !setFile(app, file, onto)) addLoader(app, file, at);
}

function setFile(app: App, file: ModelFile, id: NodeId): boolean {
  const { tab } = app;
  if (tab === undefined) return false;
  const scope = scopeOf(tab.view.getState());
  const node = tab.document.part(scope).graph[id];
  const type = node && typeOfNode(node, tab.document.doc, lookupIn(app.catalogue.getState()));
  const input = node && type && inputTaking(file, type, node);
  if (input === undefined) return false;
  tab.document.edit(app.t("canvas.value", { input: input.name }), (draft) => {
    const target = draftAt(draft, scope).graph[id];
    if (target !== undefined) target.inputs[input.name] = file.name;
  });
  select(tab.view, [nodeKey(id)]);
  app.announce(app.t("models.set", { name: file.name }));
  return true;
}

function addLoader(app: App, file: ModelFile, [x, y]: Point): void {
  const { tab } = app;
  const loader = loaderOf(file.folder, app.catalogue.getState().types.values());
  if (tab === undefined || loader === undefined) return;
  const scope = scopeOf(tab.view.getState());
  const label = app.t("canvas.nodeAdded", { node: loader.type.title });
  let made = "";
  tab.document.edit(label, (draft) => {
    made = addNode(draft, scope, loader.type, [Math.round(x - 126), Math.round(y - 16)]);
    const node = draftAt(draft, scope).graph[made];
    if (node !== undefined) node.inputs[loader.input] = file.name;
  });
  select(tab.view, [nodeKey(made)]);
  app.announce(label);
}

/** Takes what is dropped on the canvas. */
export const modelDrops: Service = {
  id: "models.drops",
  start(app) {
    const isOver = (event: DragEvent) =>
      event.dataTransfer?.types.includes(KIND) === true && app.canvas?.element.contains(event.target as Node);
    const over = (event: DragEvent) => {
      if (!isOver(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
    };
    const drop = (event: DragEvent) => {
      const { canvas } = app;
      if (!isOver(event) || canvas === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const file = JSON.parse(event.dataTransfer?.getData(KIND) ?? "{}") as ModelFile;
      const frame = (event.target as Element).closest<HTMLElement>("[data-node]");
      putFile(app, file, canvas.toWorld(event.clientX, event.clientY), frame?.dataset.node);
    };
    addEventListener("dragover", over, { capture: true });
    addEventListener("drop", drop, { capture: true });
    return () => {
      removeEventListener("dragover", over, { capture: true });
      removeEventListener("drop", drop, { capture: true });
    };
  },
};
