import { ListTree } from "lucide-react";
import { lazy } from "react";
import type { Panel } from "@/shell/slots";

/** The graph as a tree: everything that the canvas does, with the keyboard and for screen readers. */
export const outlinePanel: Panel = {
  id: "outline",
  side: "left",
  title: "outline.panel",
  icon: ListTree,
  order: 30,
  component: lazy(() => import("./OutlinePanel")),
};
