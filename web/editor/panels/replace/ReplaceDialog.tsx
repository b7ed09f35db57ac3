// Chooses the node type that takes the place of the selected nodes.
import { Command } from "cmdk";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useStore } from "zustand";
import { Dialog } from "@/shell/Dialog";
import { useApp, useT } from "@/shell/hooks";
import type { OverlayProps } from "@/shell/overlays";
import { nodeFinder } from "@/shell/search/searching";
import "@/shell/search/search.css";
import "./replace.css";

interface Props extends OverlayProps {
  readonly title: string;
  readonly onPick: (type: string) => void;
}

export function ReplaceDialog({ title, onPick, onClose }: Props) {
  const app = useApp();
  const t = useT();
  const catalogue = useStore(app.catalogue);
  const [query, setQuery] = useState("");
  const find = useMemo(
    () =>
      nodeFinder(
        [...catalogue.types.values()].filter((type) => !type.deprecated),
        app.ui.getState(),
      ),
    [catalogue, app],
  );
  return (
    <Dialog title={t("layout.replaceNode", { node: title })} onClose={onClose}>
      <Command shouldFilter={false} loop label={t("canvas.search")}>
        <div className="search-field">
          <Search size={15} aria-hidden />
          <Command.Input value={query} onValueChange={setQuery} placeholder={t("canvas.search")} autoFocus />
        </div>
        <Command.List className="replace-list">
          <Command.Empty className="choose-empty">{t("canvas.noHits")}</Command.Empty>
          {find(query).map((type) => (
            <Command.Item
              key={type.id}
              value={type.id}
              onSelect={() => {
                onClose();
                onPick(type.id);
              }}
            >
              <span>{type.title}</span>
              <small>{type.category}</small>
            </Command.Item>
          ))}
        </Command.List>
      </Command>
    </Dialog>
  );
}
