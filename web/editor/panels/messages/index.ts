import { Bell } from "lucide-react";
import { lazy } from "react";
import type { Panel } from "@/shell/slots";

/** What was said in passing, to read again. */
export const messagesPanel: Panel = {
  id: "messages",
  side: "right",
  title: "app.messageLog",
  icon: Bell,
  order: 90,
  component: lazy(() => import("./MessagesPanel")),
};
