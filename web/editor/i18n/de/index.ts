import app from "./app.json";
import canvas from "./canvas.json";
import files from "./files.json";
import form from "./form.json";
import help from "./help.json";
import history from "./history.json";
import layout from "./layout.json";
import mask from "./mask.json";
import models from "./models.json";
import node from "./node.json";
import outline from "./outline.json";
import run from "./run.json";
import settings from "./settings.json";
import subgraph from "./subgraph.json";

export default {
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
