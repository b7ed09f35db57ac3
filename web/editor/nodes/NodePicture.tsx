// The picture of a node: what it works on, what it made, or the file that it reads.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { nodePictureUrl } from "@/api/client";
import type { WorkflowNode } from "@/document/types";
import { runPrefix } from "@/run/scoped";
import type { OutputFile } from "@/run/store";
import { useApp, useRun, useT, useTab, useView } from "@/shell/hooks";
import { shownFiles } from "./pictureFiles";

interface Props {
  readonly id: string;
  readonly title: string;
  readonly node: WorkflowNode;
  readonly top: number;
  readonly height: number;
}

export function NodePicture({ id, title, node, top, height }: Props) {
  const t = useT();
  const tab = useTab();
  const made = useRun((state) => state.outputs[id]);
  const runId = useView(runPrefix) + id;
  const hasPreview = useSyncExternalStore(
    (listener) => tab.previews.follow(runId, listener),
    () => tab.previews.get(runId) !== undefined,
  );
  const files = shownFiles(made, node);
  return (
    <div className="node-row node-picture" style={{ top, height }}>
      {hasPreview ? <Preview id={runId} title={title} /> : <Files files={files} title={title} node={id} />}
      {!hasPreview && files.length === 0 && (
        <span className="node-picture-empty">{t("node.waitsForPicture")}</span>
      )}
    </div>
  );
}

/** The latest preview, drawn without React. */
function Preview({ id, title }: { readonly id: string; readonly title: string }) {
  const t = useT();
  const tab = useTab();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const draw = (bitmap: ImageBitmap | undefined) => {
      const element = canvas.current;
      if (element === null || bitmap === undefined) return;
      if (element.width !== bitmap.width || element.height !== bitmap.height) {
        element.width = bitmap.width;
        element.height = bitmap.height;
      }
      element.getContext("2d")?.drawImage(bitmap, 0, 0);
    };
    draw(tab.previews.get(id));
    return tab.previews.follow(id, draw);
  }, [tab, id]);
  return <canvas ref={canvas} role="img" aria-label={t("node.picture", { node: title })} data-preview />;
}

interface FilesProps {
  readonly files: readonly OutputFile[];
  readonly title: string;
  readonly node: string;
}

function Files({ files, title, node }: FilesProps) {
  const t = useT();
  const app = useApp();
  const [at, setAt] = useState(0);
  const shown = Math.min(at, files.length - 1);
  const file = files[shown];
  if (file === undefined) return null;
  const name = t("node.picture", { node: title });
  return (
    <>
      <button
        type="button"
        className="node-picture-open"
        onClick={() => app.openPicture?.(files, shown, node)}
        aria-label={name}
      >
        <img src={nodePictureUrl(file)} alt={name} loading="lazy" decoding="async" draggable={false} />
      </button>
      {files.length > 1 && (
        <button
          type="button"
          className="node-picture-count"
          onClick={() => setAt((shown + 1) % files.length)}
        >
          {t("node.pictureCount", { index: shown + 1, count: files.length })}
        </button>
      )}
    </>
  );
}
