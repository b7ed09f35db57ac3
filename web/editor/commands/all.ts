// Every command, one line for each file of them. Add yours here.
import type { Command } from "./types";

export const COMMANDS: readonly Command[] = [];
