// What people do with a picture: use it as an input, copy it, take it along.
import { viewUrl } from "@/api/client";
import type { App } from "@/app";
import { typeOfNode } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import { draftAt, isLink } from "@/document/types";
import { addNode } from "@/graphEdits/nodes";
import type { OutputFile } from "@/run/store";
import { nodeKey, scopeOf, select, selectedNodes } from "@/view/store";

const LOADER = "LoadImage";

/** The name by which an input finds a file: `sub/cat.png [output]`. */
export function inputName({ filename, subfolder, type }: OutputFile): string {
  const path = subfolder === "" ? filename : `${subfolder}/${filename}`;
  return type === "input" ? path : `${path} [${type}]`;
}

/** Put a picture into the selected node that takes one, else into the only one there is, else into a new loader. */
export function sendToInput(app: App, file: OutputFile): void {
  const tab = app.tab;
  if (tab === undefined) return;
  const scope = scopeOf(tab.view.getState());
  const lookup = lookupIn(app.catalogue.getState());
  const { graph } = tab.document.part(scope);
  const takers = Object.keys(graph).flatMap((node) => {
    const found = graph[node];
    if (found === undefined) return [];
    const input = typeOfNode(found, tab.document.doc, lookup).inputs.find(
      (each) => each.widget === "image" && !isLink(found.inputs[each.name]),
    );
    return input === undefined ? [] : [{ node, input: input.name }];
  });
  const chosen = new Set(selectedNodes(tab.view.getState()));
  const taker = takers.find((each) => chosen.has(each.node)) ?? (takers.length === 1 ? takers[0] : undefined);
  const loader = lookup(LOADER);
  let target = taker?.node ?? "";
  tab.document.edit(app.t("history.usedAsInput"), (draft) => {
    if (taker === undefined && loader !== undefined) {
      const [x, y] = app.canvas?.pointer() ?? [0, 0];
      target = addNode(draft, scope, loader, [Math.round(x), Math.round(y)]);
    }
    const node = draftAt(draft, scope).graph[target];
    if (node !== undefined) node.inputs[taker?.input ?? "image"] = inputName(file);
  });
  if (target === "") return;
  select(tab.view, [nodeKey(target)]);
  app.toasts.show("success", app.t("history.usedAsInput"), {
    action: { label: app.t("run.showNode"), run: () => app.canvas?.goTo(target) },
  });
}

/** Put a picture into the clipboard, as PNG. */
export async function copyPicture(app: App, file: OutputFile): Promise<void> {
  if (typeof ClipboardItem === "undefined" || navigator.clipboard === undefined) {
    app.toasts.show("warning", app.t("history.cannotCopy"));
    return;
  }
  const picture = fetch(viewUrl(file)).then(async (response) => asPng(await response.blob()));
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
    app.toasts.show("success", app.t("history.copied"));
  } catch {
    app.toasts.show("warning", app.t("history.cannotCopy"));
  }
}

async function asPng(blob: Blob): Promise<Blob> {
  if (blob.type === "image/png") return blob;
  const bitmap = await createImageBitmap(blob);
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (made) => (made === null ? reject(new Error("The picture is too large.")) : resolve(made)),
      "image/png",
    );
  });
}
