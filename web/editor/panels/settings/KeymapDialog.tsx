// Every shortcut: found by name or by pressing it, bound anew, with what else answers to it.
import { Keyboard, RotateCcw, Search, TriangleAlert, X } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { chordOf, showChord } from "@/commands/chords";
import { keyConflicts } from "@/commands/conflicts";
import type { KeyPreset } from "@/commands/presets";
import type { Command, CommandGroup } from "@/commands/types";
import { Dialog } from "@/shell/Dialog";
import { useApp, useT, useUi } from "@/shell/hooks";
import type { OverlayProps } from "@/shell/overlays";
import "./settings.css";

const GROUPS: readonly CommandGroup[] = [
  "run",
  "edit",
  "node",
  "link",
  "select",
  "view",
  "file",
  "panel",
  "help",
];
const PRESETS: readonly KeyPreset[] = ["default", "comfyui", "blender"];

export function KeymapDialog({ onClose }: OverlayProps) {
  const t = useT();
  const app = useApp();
  const keys = useUi((state) => state.keys);
  const preset = useUi((state) => state.keyPreset);
  const [query, setQuery] = useState("");
  const [recording, setRecording] = useState<string>();
  const { commands } = app;
  const conflicts = keyConflicts(commands.all, (command) => commands.keysOf(command));
  const nameOf = (command: Command) => t(command.label, command.labelArgs);
  const matches = (command: Command) => {
    const wanted = query.trim().toLowerCase();
    if (wanted === "") return true;
    const chords = commands.keysOf(command).flatMap((chord) => [chord, showChord(chord)]);
    return [nameOf(command), ...chords].some((each) => each.toLowerCase().includes(wanted));
  };
  const bind = (command: Command, chords: readonly string[] | undefined) =>
    app.ui.setState(({ keys: before }) => {
      const { [command.id]: _, ...others } = before;
      return { keys: chords === undefined ? others : { ...others, [command.id]: chords } };
    });
  const record = (event: KeyboardEvent, command: Command) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return setRecording(undefined);
    const chord = chordOf(event.nativeEvent);
    if (chord === undefined) return;
    bind(command, [...new Set([...commands.keysOf(command), chord])]);
    setRecording(undefined);
  };
  return (
    <Dialog title={t("app.shortcuts")} size="large" onClose={onClose}>
      <div className="keymap-tools">
        <label className="keymap-search">
          <Search size={15} aria-hidden />
          <input
            className="field"
            type="search"
            value={query}
            placeholder={t("settings.searchKeys")}
            aria-label={t("settings.searchKeys")}
            onChange={(event) => setQuery(event.target.value)}
          />
        </label>
        <label className="keymap-preset">
          <span>{t("settings.keyPreset")}</span>
          <select
            className="field"
            value={preset}
            onChange={(event) => app.ui.setState({ keyPreset: event.target.value as KeyPreset })}
          >
            {PRESETS.map((each) => (
              <option key={each} value={each}>
                {t(`settings.preset_${each}`)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="button"
          disabled={Object.keys(keys).length === 0}
          onClick={() => app.ui.setState({ keys: {} })}
        >
          <RotateCcw size={14} aria-hidden />
          {t("settings.resetKeys")}
        </button>
      </div>
      <div className="keymap">
        {GROUPS.map((group) => {
          const shown = commands.all.filter((command) => command.group === group && matches(command));
          if (shown.length === 0) return null;
          return (
            <section key={group}>
              <h3>{t(`app.group_${group}`)}</h3>
              <ul>
                {shown.map((command) => {
                  const others = conflicts.get(command.id);
                  return (
                    <li key={command.id}>
                      <span className="keymap-name">{nameOf(command)}</span>
                      {others !== undefined && (
                        <span
                          className="keymap-conflict"
                          role="img"
                          aria-label={t("settings.conflict", { names: others.map(nameOf).join(", ") })}
                          title={t("settings.conflict", { names: others.map(nameOf).join(", ") })}
                        >
                          <TriangleAlert size={13} />
                        </span>
                      )}
                      {commands.keysOf(command).map((chord) => (
                        <kbd key={chord}>
                          {showChord(chord)}
                          <button
                            type="button"
                            aria-label={t("settings.unbind", {
                              keys: showChord(chord),
                              name: nameOf(command),
                            })}
                            onClick={() =>
                              bind(
                                command,
                                commands.keysOf(command).filter((each) => each !== chord),
                              )
                            }
                          >
                            <X size={10} />
                          </button>
                        </kbd>
                      ))}
                      <button
                        type="button"
                        className="keymap-add"
                        data-recording={recording === command.id || undefined}
                        aria-label={t("settings.bind", { name: nameOf(command) })}
                        title={t("settings.bind", { name: nameOf(command) })}
                        onClick={() => setRecording(command.id)}
                        onBlur={() => setRecording(undefined)}
                        onKeyDown={(event) => recording === command.id && record(event, command)}
                      >
                        {recording === command.id ? t("settings.press") : <Keyboard size={13} />}
                      </button>
                      {keys[command.id] !== undefined && (
                        <button
                          type="button"
                          className="keymap-add"
                          aria-label={t("settings.resetOne", { name: nameOf(command) })}
                          title={t("settings.resetOne", { name: nameOf(command) })}
                          onClick={() => bind(command, undefined)}
                        >
                          <RotateCcw size={12} />
                        </button>
                      )}
                    </li>
                  );
                })}
              </ul>
            </section>
          );
        })}
      </div>
    </Dialog>
  );
}
