// Commands for the models of the server.
import { Package } from "lucide-react";
import { togglePanel } from "@/ui/store";
import type { Command } from "./types";

export const MODEL_COMMANDS: readonly Command[] = [
  {
    id: "panel.models",
    label: "models.panel",
    group: "panel",
    icon: Package,
    keys: ["Shift+M"],
    run: (app) => togglePanel(app.ui, "left", "models"),
  },
];
