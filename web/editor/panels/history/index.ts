import { Images } from "lucide-react";
import { lazy } from "react";
import type { Panel } from "@/shell/slots";

/** What was made, as the server remembers it. */
export const historyPanel: Panel = {
  id: "history",
  side: "right",
  title: "history.title",
  icon: Images,
  order: 30,
  component: lazy(() => import("./HistoryPanel")),
};
