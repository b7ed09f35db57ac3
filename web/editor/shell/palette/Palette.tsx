// The command palette: every command with its keys, and every node of this graph to go to.
import { Command as Cmdk } from "cmdk";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { createPortal } from "react-dom";
import { showChord } from "@/commands/chords";
import { titleOf } from "@/document/types";
import { scopeOf } from "@/view/store";
import { rankChoices } from "../controls/ranking";
import { useApp, useT } from "../hooks";
import type { OverlayProps } from "../overlays";
import "../search/search.css";

const MOST_NODES = 30;

export function Palette({ onClose }: OverlayProps) {
  const t = useT();
  const app = useApp();
  const [query, setQuery] = useState("");
  const commands = useMemo(
    () => app.commands.all.map((command) => ({ command, label: t(command.label, command.labelArgs) })),
    [app, t],
  );
  const nodes = useMemo(() => nodesOf(app, (node) => t("app.goTo", { node })), [app, t]);
  const do_ = (action: () => void) => {
    onClose();
    action();
  };
  return createPortal(
    <>
      <div className="dialog-scrim" onPointerDown={onClose} />
      <div className="palette" role="dialog" aria-label={t("app.commands")}>
        <Cmdk
          shouldFilter={false}
          loop
          label={t("app.commands")}
          onKeyDown={(event) => event.key === "Escape" && onClose()}
        >
          <div className="search-field">
            <Search size={15} aria-hidden />
            <Cmdk.Input
              value={query}
              onValueChange={setQuery}
              placeholder={t("app.searchCommands")}
              autoFocus
            />
          </div>
          <Cmdk.List>
            <Cmdk.Empty className="choose-empty">{t("app.noCommands")}</Cmdk.Empty>
            {rankChoices(commands, query).map(({ command, label }) => {
              const [chord] = app.commands.keysOf(command);
              const Icon = command.icon;
              return (
                <Cmdk.Item
                  key={command.id}
                  value={command.id}
                  disabled={!app.commands.isEnabled(command)}
                  onSelect={() => do_(() => app.commands.run(command.id))}
                >
                  {Icon === undefined ? <span className="palette-gap" /> : <Icon size={14} aria-hidden />}
                  <span>{label}</span>
                  {chord === undefined ? (
                    <small>{t(`app.group_${command.group}`)}</small>
                  ) : (
                    <kbd>{showChord(chord)}</kbd>
                  )}
                </Cmdk.Item>
              );
            })}
            {query !== "" &&
              rankChoices(nodes, query)
                .slice(0, MOST_NODES)
                .map(({ id, label }) => (
                  <Cmdk.Item
                    key={`node ${id}`}
                    value={`node ${id}`}
                    onSelect={() => do_(() => app.canvas?.goTo(id))}
                  >
                    <span className="palette-gap" />
                    <span>{label}</span>
                    <small>{id}</small>
                  </Cmdk.Item>
                ))}
          </Cmdk.List>
        </Cmdk>
      </div>
    </>,
    document.body,
  );
}

function nodesOf(
  app: ReturnType<typeof useApp>,
  say: (title: string) => string,
): { id: string; label: string }[] {
  const { tab } = app;
  if (tab === undefined) return [];
  const { graph } = tab.document.part(scopeOf(tab.view.getState()));
  const { types } = app.catalogue.getState();
  return Object.entries(graph).map(([id, node]) => ({
    id,
    label: say(titleOf(node, types.get(node.class_type)?.title)),
  }));
}
