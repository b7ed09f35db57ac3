// The texts of the editor, one file per area and language: `i18n/en/canvas.json` holds the keys `canvas.*`.
// A new area is one file per language and one line in `EN` (and a line in de/index.ts and fr/index.ts).
import app from "./en/app.json";
import canvas from "./en/canvas.json";
import files from "./en/files.json";
import form from "./en/form.json";
import help from "./en/help.json";
import history from "./en/history.json";
import layout from "./en/layout.json";
import mask from "./en/mask.json";
import models from "./en/models.json";
import node from "./en/node.json";
import outline from "./en/outline.json";
import run from "./en/run.json";
import settings from "./en/settings.json";
import subgraph from "./en/subgraph.json";

export const EN = {
  app,
  canvas,
  files,
  form,
  help,
  history,
  layout,
  mask,
  models,
  node,
  outline,
  run,
  settings,
  subgraph,
};

type Areas = typeof EN;
/** Every key, such as `canvas.addNode`. */
export type Key = { [A in keyof Areas]: `${A & string}.${keyof Areas[A] & string}` }[keyof Areas];
export type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>;
