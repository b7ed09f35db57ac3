import { BookOpen } from "lucide-react";
import { lazy } from "react";
import type { Panel } from "@/shell/slots";

/** What the selected node does. */
export const helpPanel: Panel = {
  id: "help",
  side: "right",
  title: "help.panel",
  icon: BookOpen,
  order: 60,
  component: lazy(() => import("./HelpPanel")),
};
