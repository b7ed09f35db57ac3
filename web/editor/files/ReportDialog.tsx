// What a conversion changed or could not carry over, node by node.
import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { Converted } from "@/api/client";
import { Dialog } from "@/shell/Dialog";
import { useApp, useT } from "@/shell/hooks";
import type { OverlayProps } from "@/shell/overlays";
import "./files.css";

interface Props extends OverlayProps {
  readonly title: string;
  readonly notes: Converted["notes"];
}

const ORDER = ["error", "warning", "info"] as const;

export function ReportDialog({ title, notes, onClose }: Props) {
  const app = useApp();
  const t = useT();
  const heads = { error: t("files.lost"), warning: t("files.changed"), info: t("files.same") };
  const icons = { error: CircleAlert, warning: TriangleAlert, info: Info };
  const show = (node: string) => {
    onClose();
    app.canvas?.goTo(node);
  };
  return (
    <Dialog
      title={t("files.reportTitle", { name: title })}
      onClose={onClose}
      actions={
        <button type="button" className="button" data-kind="primary" onClick={onClose}>
          {t("files.ok")}
        </button>
      }
    >
      {ORDER.map((severity) => {
        const found = notes.filter((note) => note.severity === severity);
        const Icon = icons[severity];
        if (found.length === 0) return null;
        return (
          <section key={severity} className="files-notes" data-severity={severity}>
            <h3>
              <Icon size={15} aria-hidden />
              {heads[severity]}
            </h3>
            <ul>
              {found.map((note, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes, and notes may be the same
                <li key={at}>
                  <span>{note.message}</span>
                  {note.node !== null && note.subgraph === null && (
                    <button
                      type="button"
                      className="button"
                      data-kind="quiet"
                      onClick={() => show(note.node ?? "")}
                    >
                      {t("run.showNode")}
                    </button>
                  )}
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </Dialog>
  );
}
