// Pages of what was made: the first one anew whenever something is finished, further ones when somebody scrolls there.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import { deleteJob, type GalleryWish, getGallery, type Made } from "@/api/jobs";
import { useApp, useT } from "@/shell/hooks";

export interface Gallery {
  readonly made: readonly Made[];
  readonly status: "loading" | "ready" | "failed";
  readonly problem: string;
  readonly hasMore: boolean;
  readonly more: () => void;
  /** Forget entries; a message offers to keep them after all. */
  readonly remove: (ids: readonly string[]) => void;
}

const PAUSE_MS = 150;
/** Deleting waits as long as the message that offers to undo it. */
const UNDO_MS = 7000;

export function useGallery(wish: GalleryWish): Gallery {
  const app = useApp();
  const t = useT();
  const changes = useStore(app.runner.live, (state) => state.changes);
  const [made, setMade] = useState<readonly Made[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [status, setStatus] = useState<Gallery["status"]>("loading");
  const [problem, setProblem] = useState("");
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const asking = useRef<AbortController | undefined>(undefined);
  const shown = useRef("");
  const key = JSON.stringify(wish);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `changes` says that it is time to ask again
  useEffect(() => {
    const timer = setTimeout(() => {
      asking.current?.abort();
      const control = new AbortController();
      asking.current = control;
      getGallery(JSON.parse(key) as GalleryWish, control.signal).then(
        (page) => {
          const isSame = shown.current === key;
          shown.current = key;
          setMade((before) => (isSame ? joined(page.made, before) : page.made));
          setCursor((before) => (isSame && before !== null ? before : page.next_cursor));
          setStatus("ready");
        },
        (error: unknown) => {
          if (control.signal.aborted) return;
          setProblem(error instanceof Error ? error.message : String(error));
          setStatus("failed");
        },
      );
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [key, changes]);

  const isAsking = useRef(false);
  const more = useCallback(() => {
    if (cursor === null || isAsking.current) return;
    isAsking.current = true;
    getGallery({ ...(JSON.parse(key) as GalleryWish), cursor })
      .then((page) => {
        setMade((before) => joined(before, page.made));
        setCursor(page.next_cursor);
      })
      .catch(() => undefined) // the next scroll asks again
      .finally(() => {
        isAsking.current = false;
      });
  }, [cursor, key]);

  const remove = useCallback(
    (ids: readonly string[]) => {
      setHidden((before) => new Set([...before, ...ids]));
      const timer = setTimeout(() => {
        for (const id of ids)
          deleteJob(id).catch((error: unknown) => app.toasts.show("error", String(error)));
        setMade((before) => before.filter((each) => !ids.includes(each.id)));
      }, UNDO_MS);
      app.toasts.show("info", t("history.deleted", { count: ids.length }), {
        action: {
          label: t("history.undo"),
          run: () => {
            clearTimeout(timer);
            setHidden((before) => new Set([...before].filter((id) => !ids.includes(id))));
          },
        },
      });
    },
    [app, t],
  );
  return {
    made: useMemo(() => made.filter((each) => !hidden.has(each.id) && isWorthShowing(each)), [made, hidden]),
    status,
    problem,
    hasMore: cursor !== null,
    more,
    remove,
  };
}

/** Jobs that were cancelled before they made anything say nothing. */
function isWorthShowing({ status, files }: Made): boolean {
  return status !== "canceled" || files.length > 0;
}

/** Two lists of entries as one, newest first, each entry once as the first list has it. */
export function joined(first: readonly Made[], second: readonly Made[]): Made[] {
  const known = new Set(first.map((each) => each.id));
  return [...first, ...second.filter((each) => !known.has(each.id))];
}
