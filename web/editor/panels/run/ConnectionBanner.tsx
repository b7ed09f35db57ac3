// Says that the server cannot be reached, and when the next try is. Nothing of the editor stops working meanwhile.
import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { useApp, useT } from "@/shell/hooks";
import type { CanvasLayer } from "@/shell/slots";
import "./run.css";

export const connectionBanner: CanvasLayer = { id: "connection", component: ConnectionBanner };

function ConnectionBanner() {
  const app = useApp();
  const t = useT();
  const { state, retryAt } = useStore(app.connection);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (state !== "lost") return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [state]);
  if (state !== "lost") return null;
  const seconds = retryAt === undefined ? 0 : Math.ceil((retryAt - now) / 1000);
  return (
    <div className="connection-banner" role="status">
      <CloudOff size={16} aria-hidden />
      <span>{t("run.lost")}</span>
      <span className="connection-when" aria-hidden>
        {seconds > 0 ? t("run.retryIn", { seconds }) : t("run.retrying")}
      </span>
      <button type="button" className="button" onClick={() => app.runner.reconnect()}>
        {t("run.retryNow")}
      </button>
    </div>
  );
}
