// Every message of this visit, newest first: what has gone from the screen stays readable here.
import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import { useStore } from "zustand";
import { useApp, useT } from "@/shell/hooks";
import type { ToastKind } from "@/shell/toasts";
import "../shared/panel.css";
import "./messages.css";

const ICONS: Readonly<Record<ToastKind, typeof Info>> = {
  info: Info,
  success: CircleCheck,
  warning: TriangleAlert,
  error: CircleAlert,
};

export default function MessagesPanel() {
  const t = useT();
  const { toasts } = useApp();
  const log = useStore(toasts.state, (state) => state.log);
  return (
    <div className="panel-column">
      <div className="panel-scroll" data-scrolls>
        {log.length === 0 && <p className="panel-nothing">{t("app.noMessages")}</p>}
        <ol className="message-list">
          {log.map(({ id, kind, text, detail, at }) => {
            const Icon = ICONS[kind];
            return (
              <li key={id}>
                <Icon size={15} className="message-icon" data-kind={kind} aria-hidden />
                <p>{text}</p>
                <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString()}</time>
                {detail !== undefined && <p className="message-detail">{detail}</p>}
              </li>
            );
          })}
        </ol>
      </div>
    </div>
  );
}
