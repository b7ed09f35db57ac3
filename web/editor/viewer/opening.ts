// Opens the viewer of pictures.
import type { Made } from "@/api/jobs";
import type { App } from "@/app";
import type { OutputFile } from "@/run/store";
import type { Service } from "@/shell/slots";
import { selectedNodes } from "@/view/store";
import { type Shown, Viewer } from "./Viewer";

/** Look through what was made, beginning with one entry. */
export function openViewer(app: App, made: readonly Made[], first: string): void {
  const shown: Shown[] = made.flatMap((each) =>
    each.files.filter((file) => file.kind === "image").map((file) => ({ file, made: each })),
  );
  const at = shown.findIndex((each) => each.made?.id === first);
  if (shown.length > 0) app.overlays.open(Viewer, { shown, first: Math.max(0, at) });
}

/** Look through the pictures of a node. */
export function viewFiles(app: App, files: readonly OutputFile[], first = 0): void {
  const job = app.tab?.run.getState().job?.id;
  const shown = files.map((file) => ({ file, ...(job === undefined ? {} : { job }) }));
  if (shown.length > 0) app.overlays.open(Viewer, { shown, first });
}

/** The pictures of the selected node, else of the last node that made some. */
export function currentResult(app: App): readonly OutputFile[] {
  const tab = app.tab;
  if (tab === undefined) return [];
  const { outputs } = tab.run.getState();
  const chosen = selectedNodes(tab.view.getState()).flatMap((id) => outputs[id] ?? []);
  return chosen.length > 0 ? chosen : (Object.values(outputs).at(-1) ?? []);
}

/** Lets pictures on nodes be opened in the viewer. */
export const viewing: Service = {
  id: "viewer",
  start(app) {
    app.openPicture = (files, index) => viewFiles(app, files, index);
    return () => {
      app.openPicture = undefined;
    };
  },
};
