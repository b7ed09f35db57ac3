// Every step of the history by name, the latest first: a click goes back or forth to it.
import { useEffect, useRef } from "react";
import { Dialog } from "@/shell/Dialog";
import { useDocument, useT, useTab } from "@/shell/hooks";
import type { OverlayProps } from "@/shell/overlays";
import "./steps.css";

export function StepsDialog({ onClose }: OverlayProps) {
  const t = useT();
  const tab = useTab();
  const { past, future } = useDocument((state) => state.history);
  const now = useRef<HTMLButtonElement>(null);
  useEffect(() => now.current?.focus(), []);
  const labels = [t("canvas.stepsBegin"), ...[...past, ...future].map((entry) => entry.label)];
  const goTo = (step: number) => {
    for (let at = past.length; at > step; at--) tab.document.undo();
    for (let at = past.length; at < step; at++) tab.document.redo();
  };
  return (
    <Dialog title={t("canvas.steps")} size="small" onClose={onClose}>
      <ol className="steps" reversed>
        {labels
          .map((label, step) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: steps are named by their number
            <li key={step}>
              <button
                type="button"
                ref={step === past.length ? now : undefined}
                aria-current={step === past.length ? "step" : undefined}
                data-undone={step > past.length || undefined}
                onClick={() => goTo(step)}
              >
                {label}
              </button>
            </li>
          ))
          .reverse()}
      </ol>
    </Dialog>
  );
}
