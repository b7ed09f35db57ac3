// Data of the server that a panel shows, asked again whenever the queue or the history changes.
import { useCallback, useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import { ApiError } from "@/api/http";
import { useApp } from "@/shell/hooks";

export interface ServerData<T> {
  readonly data: T | undefined;
  readonly problem: string | undefined;
  /** Ask again now. */
  readonly again: () => void;
  /** Show something until the server answers. */
  readonly put: (data: T) => void;
}

const PAUSE_MS = 120;

/** @param ask must stay the same function as long as it asks the same. */
export function useServer<T>(ask: () => Promise<T>): ServerData<T> {
  const app = useApp();
  const changes = useStore(app.runner.live, (state) => state.changes);
  const isOpen = useStore(app.connection, (state) => state.state !== "lost");
  const [data, setData] = useState<T>();
  const [problem, setProblem] = useState<string>();
  const turn = useRef(0);
  const again = useCallback(() => {
    const mine = ++turn.current;
    ask().then(
      (found) => {
        if (mine !== turn.current) return;
        setData(found);
        setProblem(undefined);
      },
      (error: unknown) => {
        if (mine === turn.current) setProblem(error instanceof ApiError ? error.message : String(error));
      },
    );
  }, [ask]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `changes` says that it is time to ask again
  useEffect(() => {
    if (!isOpen) return;
    const timer = setTimeout(again, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [again, changes, isOpen]);
  const put = useCallback((given: T) => {
    turn.current++;
    setData(given);
  }, []);
  return { data, problem, again, put };
}
