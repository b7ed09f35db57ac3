// What went wrong with a node, below it: the cause, what to try, and the report.
import { Copy } from "lucide-react";
import { useApp, useRun, useT } from "@/shell/hooks";

interface Props {
  readonly id: string;
  readonly isMissing: boolean;
  readonly typeId: string;
}

export function NodeFailureLine({ id, isMissing, typeId }: Props) {
  const t = useT();
  const app = useApp();
  const failure = useRun((state) => state.nodes[id]?.failure);
  const problems = useRun((state) => state.problems[id]);
  const lines = [
    ...(isMissing ? [`${typeId}: ${t("canvas.missing")}`] : []),
    ...(problems ?? []).map((each) => each.message),
    ...(failure === undefined ? [] : [failure.message]),
  ];
  if (lines.length === 0) return null;
  const report = [`Node ${id} (${typeId})`, ...lines, ...(failure?.traceback ?? [])].join("\n");
  const copy = async () => {
    await navigator.clipboard.writeText(report);
    app.announce(t("node.copied"));
  };
  return (
    <div className="node-failure" role="alert">
      {lines.slice(0, 3).map((line) => (
        <p key={line}>{line}</p>
      ))}
      {failure !== undefined && failure.traceback.length > 0 && (
        <details data-widget>
          <summary>{t("node.trace")}</summary>
          <pre data-scrolls>{failure.traceback.join("")}</pre>
        </details>
      )}
      {failure !== undefined && (
        <button type="button" onClick={() => void copy()}>
          <Copy size={12} aria-hidden /> {t("node.copyReport")}
        </button>
      )}
    </div>
  );
}
