// Whether the server is there, as people see it.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Connection } from "@/app";

export function createConnection(): StoreApi<Connection> {
  return createStore<Connection>(() => ({ state: "connecting", retryAt: undefined, queueRemaining: 0 }));
}
