// Files that come in from outside: dropped anywhere, pasted, or chosen.
import { uploadInput } from "@/api/client";
import type { App } from "@/app";
import { lookupIn } from "@/catalogue/store";
import { parseJson } from "@/document/json";
import type { Point } from "@/document/types";
import { documentInText } from "@/graphEdits/clipboard";
import { addNode } from "@/graphEdits/nodes";
import type { Service } from "@/shell/slots";
import { nodeKey, scopeOf, select } from "@/view/store";
import { openFile, openJson } from "./opening";

const LOADER = "LoadImage";
/** What stands in pictures that carry a workflow, or the parameters of another program (also in UTF-16). */
const SIGNS = /latentloom|workflow[\0:]|prompt[\0:]|parameters\0|"class_type"|S\0?t\0?e\0?p\0?s\0?:/;
const PARAMETERS = /^Steps: \d+, .*\b(Sampler|Seed): /m;

/** Open files; pictures that carry no workflow become inputs of the graph that is shown. */
export async function takeFiles(app: App, files: readonly File[], at?: Point): Promise<void> {
  for (const file of files) {
    const isPicture = file.type.startsWith("image/");
    if (!isPicture || (await carriesWorkflow(file))) await openFile(app, file);
    else await addPicture(app, file, at);
  }
}

/** Whether a picture carries a workflow, as far as the browser sees: the names of its texts stand in it as they are. */
export async function carriesWorkflow(file: Blob): Promise<boolean> {
  // Texts stand before the pixels in PNG and JPEG, and behind them in WebP.
  const ends = [file.slice(0, 512 * 1024), file.slice(-1024 * 1024)];
  for (const end of ends) {
    const text = new TextDecoder("latin1").decode(await end.arrayBuffer());
    if (SIGNS.test(text)) return true;
  }
  return false;
}

/** Put a picture into the folder of inputs, and a node that loads it into the graph. */
export async function addPicture(app: App, file: File, at?: Point): Promise<void> {
  const tab = app.tab;
  const type = lookupIn(app.catalogue.getState())(LOADER);
  if (tab === undefined || type === undefined) return;
  const named =
    file.name === "image.png" ? new File([file], `pasted-${Date.now()}.png`, { type: file.type }) : file;
  const name = await uploadInput(named);
  const scope = scopeOf(tab.view.getState());
  const place = at ?? app.canvas?.pointer() ?? [0, 0];
  let added = "";
  tab.document.edit(app.t("files.pictureAdded"), (draft) => {
    added = addNode(draft, scope, type, [Math.round(place[0]), Math.round(place[1])]);
    const graph = scope === "" ? draft.graph : draft.subgraphs?.[scope]?.graph;
    const node = graph?.[added];
    if (node !== undefined) node.inputs.image = name;
  });
  select(tab.view, [nodeKey(added)]);
  app.announce(app.t("files.pictureAdded"));
}

/** Opens what is dropped anywhere on the page, and what is pasted outside of texts. */
export const incoming: Service = {
  id: "files.incoming",
  start(app) {
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const show = (isOver: boolean) => document.documentElement.toggleAttribute("data-dropping", isOver);
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth++;
      show(true);
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) show(false);
    };
    const over = (event: DragEvent) => {
      if (!hasFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      show(false);
      // An image widget takes its drop itself.
      if (!hasFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      const at = app.canvas?.toWorld(event.clientX, event.clientY);
      told(app, takeFiles(app, [...(event.dataTransfer?.files ?? [])], at));
    };
    const paste = (event: ClipboardEvent) => {
      if (event.defaultPrevented || isTextField(event.target)) return;
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) {
        event.preventDefault();
        told(app, takeFiles(app, files));
        return;
      }
      // Nodes of our own are pasted by the canvas; foreign workflows open in a tab.
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (PARAMETERS.test(text)) {
        event.preventDefault();
        told(app, openFile(app, new File([text], app.t("files.pasted"), { type: "text/plain" })));
        return;
      }
      const data = documentInText(text) === undefined ? workflowInText(text) : undefined;
      if (data === undefined) return;
      event.preventDefault();
      told(app, openJson(app, app.t("files.pasted"), data));
    };
    addEventListener("dragenter", enter);
    addEventListener("dragleave", leave);
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    addEventListener("paste", paste);
    return () => {
      removeEventListener("dragenter", enter);
      removeEventListener("dragleave", leave);
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
      removeEventListener("paste", paste);
    };
  },
};

/** JSON that looks like a workflow of another program: an API graph, or what ComfyUI's browser saves. */
export function workflowInText(text: string): unknown {
  if (!text.trimStart().startsWith("{") || !/"class_type"|"nodes"/.test(text)) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Let people choose files to open. */
export function chooseFiles(app: App): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.accept = ".json,.png,.webp,.jpg,.jpeg,.latent,.txt,application/json,image/png,image/webp,image/jpeg";
  input.addEventListener("change", () => told(app, takeFiles(app, [...(input.files ?? [])])));
  input.click();
}

function told(app: App, work: Promise<unknown>): void {
  work.catch((error: unknown) =>
    app.toasts.show("error", error instanceof Error ? error.message : String(error)),
  );
}

function isTextField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}
