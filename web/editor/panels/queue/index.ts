import { ListOrdered } from "lucide-react";
import { lazy } from "react";
import { useStore } from "zustand";
import { useApp } from "@/shell/hooks";
import type { Panel } from "@/shell/slots";

/** What runs and what waits. */
export const queuePanel: Panel = {
  id: "queue",
  side: "right",
  title: "run.queuePanel",
  icon: ListOrdered,
  order: 20,
  component: lazy(() => import("./QueuePanel")),
  useBadge: () => {
    const remaining = useStore(useApp().connection, (state) => state.queueRemaining);
    return remaining === 0 ? undefined : remaining;
  },
};
