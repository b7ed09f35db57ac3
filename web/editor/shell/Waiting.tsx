// Says why the canvas is still empty: the server's worker is starting and has not told its node types yet.
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { useApp, useT } from "@/shell/hooks";

/** A start shorter than this, in milliseconds, is not worth a word. */
const SHORT = 800;

export function Waiting() {
  const app = useApp();
  const t = useT();
  const isLoading = useStore(app.catalogue, (state) => state.status === "loading");
  const [isLong, setIsLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLong(true), SHORT);
    return () => clearTimeout(timer);
  }, []);
  if (!isLoading || !isLong) return null;
  return (
    <p className="shell-waiting" role="status">
      {t("app.serverStarts")}
    </p>
  );
}
