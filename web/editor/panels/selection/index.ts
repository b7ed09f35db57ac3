import { SlidersHorizontal } from "lucide-react";
import { lazy } from "react";
import type { Panel } from "@/shell/slots";

/** What is selected: names, colours, places, and the widgets that the nodes share. */
export const selectionPanel: Panel = {
  id: "selection",
  side: "right",
  title: "layout.panel",
  icon: SlidersHorizontal,
  order: 40,
  component: lazy(() => import("./SelectionPanel")),
};
