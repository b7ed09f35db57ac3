// Which job belongs to which tab; kept over a reload of the page, so that results find their way back.
import type { TabId } from "@/workspace/tabs";

const STORAGE_KEY = "latentloom.jobs";
const CLIENT_KEY = "latentloom.client";
const MOST_KEPT = 500;

/** The jobs that this page submitted, oldest first. */
export class JobBook {
  private readonly tabs = new Map<string, TabId>();

  constructor(private readonly storage: Storage | undefined) {
    try {
      for (const [job, tab] of JSON.parse(storage?.getItem(STORAGE_KEY) ?? "[]") as [string, TabId][])
        this.tabs.set(job, tab);
    } catch {
      // What is kept cannot be read: the jobs are still in the history of the server.
    }
  }

  tabOf(job: string): TabId | undefined {
    return this.tabs.get(job);
  }

  add(job: string, tab: TabId): void {
    this.tabs.set(job, tab);
    const surplus = this.tabs.size - MOST_KEPT;
    for (const old of [...this.tabs.keys()].slice(0, Math.max(0, surplus))) this.tabs.delete(old);
    this.keep();
  }

  remove(job: string): void {
    if (this.tabs.delete(job)) this.keep();
  }

  /** The jobs of a tab, oldest first. */
  of(tab: TabId): string[] {
    return [...this.tabs].flatMap(([job, owner]) => (owner === tab ? [job] : []));
  }

  private keep(): void {
    try {
      this.storage?.setItem(STORAGE_KEY, JSON.stringify([...this.tabs]));
    } catch {
      // The browser keeps nothing: after a reload the jobs are found in the history only.
    }
  }
}

/** The id under which this page hears of its jobs: the same after a reload, another one in every browser tab. */
export function clientId(storage: Storage | undefined): string {
  try {
    const known = storage?.getItem(CLIENT_KEY);
    if (known) return known;
    const made = crypto.randomUUID();
    storage?.setItem(CLIENT_KEY, made);
    return made;
  } catch {
    return crypto.randomUUID();
  }
}
