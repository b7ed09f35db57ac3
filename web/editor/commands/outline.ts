// Commands for the outline.
import { ListTree } from "lucide-react";
import { openPanel } from "@/ui/store";
import type { Command } from "./types";

export const OUTLINE_COMMANDS: readonly Command[] = [
  {
    id: "panel.outline",
    label: "outline.panel",
    group: "panel",
    icon: ListTree,
    keys: ["O"],
    run: (app) => {
      openPanel(app.ui, "left", "outline");
      const focus = (tries: number) => {
        const tree = document.querySelector<HTMLElement>("[data-panel=outline] [role=tree]");
        tree?.focus();
        if (tree === null && tries > 0) setTimeout(() => focus(tries - 1), 60);
      };
      focus(30);
    },
  },
];
