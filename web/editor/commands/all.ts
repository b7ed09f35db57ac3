// Every command, one line for each file of them. Add yours here.
import { EDITING_COMMANDS } from "./editing";
import type { Command } from "./types";
import { VIEWING_COMMANDS } from "./viewing";

export const COMMANDS: readonly Command[] = [...EDITING_COMMANDS, ...VIEWING_COMMANDS];
