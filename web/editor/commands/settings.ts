// Commands for settings and help.
import { BookOpen, Settings, Spline } from "lucide-react";
import { SettingsDialog } from "@/panels/settings/SettingsDialog";
import { type LinkStyle, togglePanel } from "@/ui/store";
import type { Command } from "./types";

const NEXT_STYLE: Readonly<Record<LinkStyle, LinkStyle>> = {
  curve: "straight",
  straight: "orthogonal",
  orthogonal: "hidden",
  hidden: "curve",
};

export const SETTINGS_COMMANDS: readonly Command[] = [
  {
    id: "panel.settings",
    label: "settings.title",
    group: "panel",
    icon: Settings,
    keys: ["Mod+,"],
    menus: ["main"],
    run: (app) => void app.overlays.open(SettingsDialog, {}),
  },
  {
    id: "view.linkStyle",
    label: "settings.nextLinkStyle",
    group: "view",
    icon: Spline,
    run: (app) => {
      const next = NEXT_STYLE[app.ui.getState().linkStyle];
      app.ui.setState({ linkStyle: next });
      app.announce(app.t(`settings.link_${next}`));
    },
  },
  {
    id: "help.node",
    label: "help.panel",
    group: "help",
    icon: BookOpen,
    keys: ["H"],
    menus: ["node"],
    run: (app) => togglePanel(app.ui, "right", "help"),
  },
];
