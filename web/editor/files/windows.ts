// Which browser windows are open, so that each opens its own drafts and those of windows that are gone.

const KEY = "latentloom.window";
const PREFIX = "latentloom.window.";

/** This window: the same name after a reload; another one if the browser copied the name into a second tab. */
export async function thisWindow(
  storage: Storage | undefined = globalThis.sessionStorage,
  locks: LockManager | undefined = globalThis.navigator?.locks,
): Promise<{ name: string; alive: ReadonlySet<string> }> {
  let name = read(storage) ?? crypto.randomUUID();
  if (!(await hold(PREFIX + name, locks))) {
    name = crypto.randomUUID();
    await hold(PREFIX + name, locks);
  }
  try {
    storage?.setItem(KEY, name);
  } catch {
    // A reload opens the drafts as those of a window that is gone.
  }
  const held = (await locks?.query())?.held ?? [];
  const names = held.flatMap((lock) =>
    lock.name?.startsWith(PREFIX) ? [lock.name.slice(PREFIX.length)] : [],
  );
  return { name, alive: new Set([name, ...names]) };
}

/** How often a lock is asked for: a page that was reloaded lets go of it for certain, but a busy machine takes its time. */
const TRIES = { reload: 80, otherwise: 5 };

/** Hold a lock for as long as the page lives. */
async function hold(name: string, locks: LockManager | undefined): Promise<boolean> {
  if (locks === undefined) return true;
  const most = TRIES[isReload() ? "reload" : "otherwise"];
  for (let tries = 0; tries < most; tries++) {
    const isOurs = await new Promise<boolean>((resolve) => {
      void locks.request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise<void>(() => {});
      });
    });
    if (isOurs) return true;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  return false;
}

function isReload(): boolean {
  const [entry] = globalThis.performance?.getEntriesByType?.("navigation") ?? [];
  return entry !== undefined && "type" in entry && entry.type === "reload";
}

function read(storage: Storage | undefined): string | undefined {
  try {
    return storage?.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}
