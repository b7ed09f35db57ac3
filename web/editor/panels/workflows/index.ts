import { LayoutTemplate } from "lucide-react";
import { lazy } from "react";
import type { Panel } from "@/shell/slots";

/** What is saved on the server, and templates to start from. */
export const workflowsPanel: Panel = {
  id: "workflows",
  side: "left",
  title: "files.panel",
  icon: LayoutTemplate,
  order: 10,
  component: lazy(() => import("./WorkflowsPanel")),
};
