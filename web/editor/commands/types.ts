// A command is something that people can do by name: menus, the palette and the keymap are all made from them.
import type { LucideIcon } from "lucide-react";
import type { App } from "@/app";
import type { Key } from "@/i18n/catalogues";
import type { Arguments } from "@/i18n/translate";

export type CommandGroup = "run" | "edit" | "node" | "link" | "select" | "view" | "file" | "panel" | "help";
/** Where a command is offered besides the palette. */
export type MenuName = "canvas" | "node" | "link" | "group" | "note" | "main";

export interface Command {
  /** Such as `edit.undo`; never changes, people bind keys to it. */
  readonly id: string;
  readonly label: Key;
  readonly labelArgs?: Arguments;
  readonly group: CommandGroup;
  /** Chords as `Mod+Shift+Z`: `Mod` is Ctrl, or Cmd on a Mac. See commands/chords.ts. */
  readonly keys?: readonly string[];
  readonly icon?: LucideIcon;
  readonly menus?: readonly MenuName[];
  /** Whether its keys work while somebody types, as those of undo and queue do. */
  readonly whileTyping?: boolean;
  /** Whether it can be done now; always if not given. */
  enabled?(app: App): boolean;
  /** Whether it is on, for commands that switch something. */
  checked?(app: App): boolean;
  run(app: App): void | Promise<void>;
}
