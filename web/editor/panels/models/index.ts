import { Package } from "lucide-react";
import { lazy } from "react";
import type { Panel } from "@/shell/slots";

/** Models and pictures of the server, to drag onto the canvas. */
export const modelsPanel: Panel = {
  id: "models",
  side: "left",
  title: "models.panel",
  icon: Package,
  order: 15,
  component: lazy(() => import("./ModelsPanel")),
};
