// Finds commands by id, by key and by menu.
import type { App } from "@/app";
import { chordOf } from "./chords";
import { KEY_PRESETS } from "./presets";
import type { Command, MenuName } from "./types";

/** All commands of the editor, with the keys that are bound to them now. */
export class Commands {
  private readonly byId = new Map<string, Command>();

  constructor(
    private readonly app: App,
    commands: readonly Command[],
  ) {
    for (const command of commands) {
      if (this.byId.has(command.id)) throw new Error(`Two commands are called "${command.id}".`);
      this.byId.set(command.id, command);
    }
  }

  get all(): Command[] {
    return [...this.byId.values()];
  }

  get(id: string): Command | undefined {
    return this.byId.get(id);
  }

  inMenu(menu: MenuName): Command[] {
    return this.all.filter((command) => command.menus?.includes(menu));
  }

  /** The chords of a command: those that a person bound, else those of the chosen preset, else its own. */
  keysOf(command: Command): readonly string[] {
    const { keys, keyPreset } = this.app.ui.getState();
    return keys[command.id] ?? KEY_PRESETS[keyPreset][command.id] ?? command.keys ?? [];
  }

  isEnabled(command: Command): boolean {
    return command.enabled?.(this.app) ?? true;
  }

  /** Do it, if it can be done. What goes wrong is told in a toast. */
  run(id: string): boolean {
    const command = this.byId.get(id);
    if (command === undefined || !this.isEnabled(command)) return false;
    Promise.resolve()
      .then(() => command.run(this.app))
      .catch((error: unknown) =>
        this.app.toasts.show("error", error instanceof Error ? error.message : String(error)),
      );
    return true;
  }

  /** Do what a key press means. Returns whether it meant anything. */
  handleKey(event: KeyboardEvent): boolean {
    const chord = chordOf(event);
    if (chord === undefined || event.isComposing) return false;
    const typing = isTyping(event.target);
    const found = this.all.filter(
      (each) => this.keysOf(each).includes(chord) && (!typing || each.whileTyping),
    );
    return found.some((command) => this.run(command.id));
  }
}

/** Whether a key press goes into a text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return (
    target instanceof HTMLInputElement &&
    !["checkbox", "radio", "button", "range", "color"].includes(target.type)
  );
}
