// Undo, redo, search, theme: what is wanted often, at the end of the top bar.
import { Command as CommandIcon, Moon, Plus, Redo, Settings, Sun, Undo } from "lucide-react";
import { useStore } from "zustand";
import { showChord } from "@/commands/chords";
import { useApp, useT, useUi } from "./hooks";

export function ViewControls() {
  const app = useApp();
  const t = useT();
  const scheme = useUi((state) => state.scheme);
  useStore(app.workspace);
  return (
    <>
      <CommandButton id="node.add" icon={Plus} />
      {app.tab !== undefined && <UndoButtons key={app.tab.id} />}
      <CommandButton id="help.palette" icon={CommandIcon} />
      <CommandButton id="panel.settings" icon={Settings} />
      <CommandButton
        id="view.theme"
        icon={scheme === "dark" ? Sun : Moon}
        label={t(scheme === "dark" ? "app.themeLight" : "app.themeDark")}
      />
    </>
  );
}

function UndoButtons() {
  const app = useApp();
  const t = useT();
  const { tab } = app;
  if (tab === undefined) throw new Error("No tab is open.");
  const history = useStore(tab.document.state, (state) => state.history);
  const [past, future] = [history.past.at(-1), history.future[0]];
  return (
    <>
      <CommandButton
        id="edit.undo"
        icon={Undo}
        label={past === undefined ? undefined : t("canvas.undoOf", { label: past.label })}
        isDisabled={past === undefined}
      />
      <CommandButton
        id="edit.redo"
        icon={Redo}
        label={future === undefined ? undefined : t("canvas.redoOf", { label: future.label })}
        isDisabled={future === undefined}
      />
    </>
  );
}

interface Props {
  readonly id: string;
  readonly icon: typeof Undo;
  readonly label?: string | undefined;
  readonly isDisabled?: boolean;
}

/** A button that runs a command and shows its keys. */
export function CommandButton({ id, icon: Icon, label, isDisabled = false }: Props) {
  const { commands } = useApp();
  const t = useT();
  const command = commands.get(id);
  if (command === undefined) return null;
  const [chord] = commands.keysOf(command);
  const name = label ?? t(command.label, command.labelArgs);
  return (
    <button
      type="button"
      className="icon-button"
      disabled={isDisabled}
      aria-label={name}
      title={chord === undefined ? name : `${name} (${showChord(chord)})`}
      onClick={() => commands.run(id)}
    >
      <Icon size={17} />
    </button>
  );
}
