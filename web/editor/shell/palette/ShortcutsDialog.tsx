// Every shortcut, by what it is for.
import { showChord } from "@/commands/chords";
import type { CommandGroup } from "@/commands/types";
import { Dialog } from "../Dialog";
import { useApp, useT } from "../hooks";
import type { OverlayProps } from "../overlays";
import "./shortcuts.css";

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

export function ShortcutsDialog({ onClose }: OverlayProps) {
  const t = useT();
  const { commands } = useApp();
  const bound = commands.all.filter((command) => commands.keysOf(command).length > 0);
  return (
    <Dialog title={t("app.shortcuts")} size="large" onClose={onClose}>
      <div className="shortcuts">
        {GROUPS.map((group) => {
          const shown = bound.filter((command) => command.group === group);
          if (shown.length === 0) return null;
          return (
            <section key={group}>
              <h3>{t(`app.group_${group}`)}</h3>
              <dl>
                {shown.map((command) => (
                  <div key={command.id}>
                    <dt>{t(command.label, command.labelArgs)}</dt>
                    <dd>
                      {commands.keysOf(command).map((chord) => (
                        <kbd key={chord}>{showChord(chord)}</kbd>
                      ))}
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          );
        })}
      </div>
    </Dialog>
  );
}
