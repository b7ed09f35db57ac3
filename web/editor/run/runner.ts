// Sends documents to the queue and takes what the server tells about their jobs to the tab that they came from.
import type { StoreApi } from "zustand/vanilla";
import type { Tab } from "@/workspace/tabs";

export interface QueueWish {
  readonly front?: boolean;
  /** How many times, each with its own seeds; the preference if not given. */
  readonly count?: number;
  /** Output nodes to run; all if not given. */
  readonly targets?: readonly string[];
  /** Nodes that run anew, with all that follows from them, though their results are known. */
  readonly rerun?: readonly string[];
}

/** What the server does now, for all clients, as far as this page hears of it. */
export interface LiveState {
  /** Raised whenever the queue, the history or what is saved changed on the server. */
  readonly changes: number;
  /** The latest picture of the job that runs: an address of this page. */
  readonly picture: { readonly job: string; readonly url: string } | undefined;
}

export interface Runner {
  readonly live: StoreApi<LiveState>;
  /** Queue the document of a tab as it is now. */
  queue(tab: Tab, wish?: QueueWish): Promise<void>;
  /** Stop what runs: the job of the tab if it has one, else whatever runs. */
  interrupt(tab: Tab): Promise<void>;
  /** Connect to the server now, and ask again what became of the jobs. */
  reconnect(): void;
  /** Ask what became of the jobs of a tab that was just opened again. */
  resume(tab: Tab): Promise<void>;
}
