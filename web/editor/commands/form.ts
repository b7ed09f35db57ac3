// Commands for the form.
import { ClipboardList } from "lucide-react";
import { togglePanel } from "@/ui/store";
import type { Command } from "./types";

export const FORM_COMMANDS: readonly Command[] = [
  {
    id: "panel.form",
    label: "form.panel",
    group: "panel",
    icon: ClipboardList,
    keys: ["Shift+W"],
    run: (app) => togglePanel(app.ui, "left", "form"),
  },
];
