// Every command, one line for each file of them. Add yours here.
import { EDITING_COMMANDS } from "./editing";
import { FILE_COMMANDS } from "./files";
import { FORM_COMMANDS } from "./form";
import { LAYOUT_COMMANDS } from "./layout";
import { MODEL_COMMANDS } from "./models";
import { OUTLINE_COMMANDS } from "./outline";
import { REPLACING_COMMANDS } from "./replacing";
import { RUN_COMMANDS } from "./run";
import { SETTINGS_COMMANDS } from "./settings";
import { STEP_COMMANDS } from "./steps";
import { SUBGRAPH_COMMANDS } from "./subgraphs";
import type { Command } from "./types";
import { VIEWING_COMMANDS } from "./viewing";

export const COMMANDS: readonly Command[] = [
  ...EDITING_COMMANDS,
  ...VIEWING_COMMANDS,
  ...RUN_COMMANDS,
  ...FILE_COMMANDS,
  ...STEP_COMMANDS,
  ...SUBGRAPH_COMMANDS,
  ...LAYOUT_COMMANDS,
  ...FORM_COMMANDS,
  ...MODEL_COMMANDS,
  ...OUTLINE_COMMANDS,
  ...SETTINGS_COMMANDS,
  ...REPLACING_COMMANDS,
];
