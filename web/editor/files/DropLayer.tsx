// Shows, while files are dragged over the page, what dropping them does.
import { FolderInput } from "lucide-react";
import { useT } from "@/shell/hooks";
import type { CanvasLayer } from "@/shell/slots";
import "./files.css";

export const dropLayer: CanvasLayer = { id: "drop", component: DropLayer };

function DropLayer() {
  const t = useT();
  return (
    <div className="files-drop" aria-hidden>
      <div>
        <FolderInput size={28} />
        <strong>{t("files.drop")}</strong>
        <span>{t("files.dropHint")}</span>
      </div>
    </div>
  );
}
