// Two pictures on top of each other, with a slider between them.
import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { viewUrl } from "@/api/client";
import type { Made } from "@/api/jobs";
import { useT } from "@/shell/hooks";
import type { OverlayProps } from "@/shell/overlays";
import "./viewer.css";

interface Props extends OverlayProps {
  readonly before: Made;
  readonly after: Made;
}

export function CompareView({ before, after, onClose }: Props) {
  const t = useT();
  const [share, setShare] = useState(50);
  const left = before.files.find((file) => file.kind === "image");
  const right = after.files.find((file) => file.kind === "image");
  if (left === undefined || right === undefined) return null;
  return (
    <Dialog.Root open onOpenChange={(isOpen) => isOpen || onClose()}>
      <Dialog.Portal>
        <Dialog.Content className="viewer" aria-describedby={undefined} data-keys="own">
          <header className="viewer-bar">
            <Dialog.Title>{t("history.compare")}</Dialog.Title>
            <span className="viewer-place">
              {left.filename} · {right.filename}
            </span>
            <span className="viewer-tools">
              <Dialog.Close className="icon-button" aria-label={t("run.close")} title={t("run.close")}>
                <X size={18} />
              </Dialog.Close>
            </span>
          </header>
          <div className="viewer-stage compare" style={{ "--share": `${share}%` } as React.CSSProperties}>
            <img src={viewUrl(right)} alt={after.texts[0] ?? right.filename} draggable={false} />
            <img
              className="compare-left"
              src={viewUrl(left)}
              alt={before.texts[0] ?? left.filename}
              draggable={false}
            />
            <span className="compare-line" aria-hidden />
            <input
              type="range"
              min={0}
              max={100}
              step={0.1}
              value={share}
              aria-label={t("history.slider")}
              onChange={(event) => setShare(Number(event.target.value))}
            />
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
