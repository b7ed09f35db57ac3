// The history as a list.
import { History } from "lucide-react";
import { StepsDialog } from "@/panels/steps/StepsDialog";
import type { Command } from "./types";

export const STEP_COMMANDS: readonly Command[] = [
  {
    id: "edit.steps",
    label: "canvas.steps",
    group: "edit",
    icon: History,
    keys: ["Mod+Alt+Z"],
    menus: ["canvas"],
    enabled: (app) => app.tab !== undefined,
    run: (app) => void app.overlays.open(StepsDialog, {}),
  },
];
