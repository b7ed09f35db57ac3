// Sends documents to the queue and takes what the server tells about their jobs to the tab that they came from.
import type { Tab } from "@/workspace/tabs";

export interface QueueWish {
  readonly front?: boolean;
  /** How many times, each with its own seeds; the preference if not given. */
  readonly count?: number;
  /** Output nodes to run; all if not given. */
  readonly targets?: readonly string[];
}

export interface Runner {
  /** Queue the document of a tab as it is now. */
  queue(tab: Tab, wish?: QueueWish): Promise<void>;
  /** Stop what runs: the job of the tab if it has one, else whatever runs. */
  interrupt(tab: Tab): Promise<void>;
  /** Connect to the server now, and ask again what became of the jobs. */
  reconnect(): void;
}
