import { Boxes } from "lucide-react";
import { lazy } from "react";
import type { Panel } from "@/shell/slots";

/** The subgraphs of the workflow, and what they show outside. */
export const subgraphPanel: Panel = {
  id: "subgraph",
  side: "right",
  title: "subgraph.panel",
  icon: Boxes,
  order: 50,
  component: lazy(() => import("./SubgraphPanel")),
};
