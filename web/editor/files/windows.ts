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

/** Hold a lock for as long as the page lives. A page that reloads may need a moment to let go. */
async function hold(name: string, locks: LockManager | undefined): Promise<boolean> {
  if (locks === undefined) return true;
  for (let tries = 0; tries < 5; tries++) {
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

function read(storage: Storage | undefined): string | undefined {
  try {
    return storage?.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}
