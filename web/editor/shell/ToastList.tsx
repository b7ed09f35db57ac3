// Short messages at the lower left, away from the run button.
import { CircleAlert, CircleCheck, Info, TriangleAlert, X } from "lucide-react";
import { useStore } from "zustand";
import { useApp, useT } from "./hooks";
import type { Toast, ToastKind } from "./toasts";

const ICONS: Readonly<Record<ToastKind, typeof Info>> = {
  info: Info,
  success: CircleCheck,
  warning: TriangleAlert,
  error: CircleAlert,
};

export function ToastList() {
  const t = useT();
  const { toasts } = useApp();
  const shown = useStore(toasts.state, (state) => state.shown);
  return (
    <section className="toasts" aria-label={t("app.messages")}>
      {shown.map((toast) => (
        <ToastItem key={toast.id} toast={toast} />
      ))}
    </section>
  );
}

function ToastItem({ toast }: { readonly toast: Toast }) {
  const t = useT();
  const { toasts } = useApp();
  const Icon = ICONS[toast.kind];
  const { action } = toast;
  return (
    <div className="toast" data-kind={toast.kind} role={toast.kind === "error" ? "alert" : "status"}>
      <Icon size={16} aria-hidden />
      <div className="toast-text">
        <p>{toast.text}</p>
        {toast.detail !== undefined && <p className="toast-detail">{toast.detail}</p>}
        {action !== undefined && (
          <button
            type="button"
            className="toast-action"
            onClick={() => {
              action.run();
              toasts.dismiss(toast.id);
            }}
          >
            {action.label}
          </button>
        )}
      </div>
      <button
        type="button"
        className="icon-button toast-close"
        aria-label={t("app.close")}
        onClick={() => toasts.dismiss(toast.id)}
      >
        <X size={14} />
      </button>
    </div>
  );
}
