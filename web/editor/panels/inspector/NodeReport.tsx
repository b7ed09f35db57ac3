// What became of the node that is selected: ran or not, how long, why; and if it failed, the cause and what to try.
import { Check, ChevronDown, ChevronUp, CircleAlert, Copy, History, TriangleAlert, X } from "lucide-react";
import { useState } from "react";
import { useStore } from "zustand";
import { typeOfNode } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import { writeJson } from "@/document/json";
import { titleOf, type WorkflowNode } from "@/document/types";
import type { Translate } from "@/i18n/translate";
import { showSeconds } from "@/run/progress";
import { type NodeRun, type Problem, rateOf } from "@/run/store";
import { useApp, useDocument, useRun, useT, useTab, useView } from "@/shell/hooks";
import type { CanvasLayer } from "@/shell/slots";
import { selectedNodes } from "@/view/store";
import "./report.css";

export const nodeReport: CanvasLayer = { id: "node-report", component: NodeReport };
const NONE: readonly Problem[] = [];
const READABLE_ZOOM = 0.6;

function NodeReport() {
  const app = useApp();
  const hasTab = useStore(app.workspace, ({ active }) => active !== undefined);
  return hasTab ? <OfSelection /> : null;
}

function OfSelection() {
  const tab = useTab();
  const id = useView((view) => {
    const chosen = selectedNodes(view);
    return chosen.length === 1 ? chosen[0] : undefined;
  });
  const around = useView((view) => view.trail.map((step) => step.use).join(":"));
  const scope = useView((view) => view.trail.at(-1)?.scope ?? "");
  const node = useDocument(() => (id === undefined ? undefined : tab.document.part(scope).graph[id]));
  const runId = around === "" ? (id ?? "") : `${around}:${id}`;
  const run = useRun((state) => state.nodes[id ?? ""]);
  const problems = useRun((state) => state.problems[id ?? ""]) ?? NONE;
  const [hidden, setHidden] = useState<string>();
  const key = `${runId} ${run?.failure?.message ?? ""} ${problems.length}`;
  const isReadable = useView((view) => view.camera.z >= READABLE_ZOOM);
  // What went wrong stands at the node itself, as long as it can be read there.
  const isToldThere = isReadable && (problems.length > 0 || run?.failure !== undefined);
  if (node === undefined || isToldThere || (run === undefined && problems.length === 0) || hidden === key)
    return null;
  return (
    <Report key={runId} id={runId} node={node} run={run} problems={problems} onHide={() => setHidden(key)} />
  );
}

interface Props {
  readonly id: string;
  readonly node: WorkflowNode;
  readonly run: NodeRun | undefined;
  readonly problems: readonly Problem[];
  readonly onHide: () => void;
}

function Report({ id, node, run, problems, onHide }: Props) {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const [isLong, setLong] = useState(false);
  const [isCopied, setCopied] = useState(false);
  const failure = run?.failure;
  const isBad = failure !== undefined || problems.length > 0;
  const type = typeOfNode(node, tab.document.doc, lookupIn(app.catalogue.getState()));
  const title = titleOf(node, type.title);
  const copy = async () => {
    const text = reportText({ id, node, run, problems, title });
    await navigator.clipboard?.writeText(text);
    setCopied(true);
  };
  return (
    <section className="node-report" data-bad={isBad} aria-label={t("run.report")}>
      <header>
        {failure !== undefined ? (
          <CircleAlert size={16} aria-hidden />
        ) : problems.length > 0 ? (
          <TriangleAlert size={16} aria-hidden />
        ) : (
          <History size={16} aria-hidden />
        )}
        <strong>{title}</strong>
        <span className="node-report-state">
          {run === undefined ? t("run.stateWaiting") : stateText(run, t)}
        </span>
        <button
          type="button"
          className="icon-button"
          aria-label={t("run.close")}
          title={t("run.close")}
          onClick={onHide}
        >
          <X size={14} />
        </button>
      </header>
      {failure !== undefined && <p className="node-report-message">{failure.message}</p>}
      {problems.map((problem) => (
        <p key={`${problem.code} ${problem.input} ${problem.message}`} className="node-report-message">
          {problem.message}
        </p>
      ))}
      {!isBad && run?.reason && (
        <p className="node-report-reason">{t("run.because", { reason: run.reason })}</p>
      )}
      {isBad && (
        <footer>
          <button type="button" className="button" onClick={() => void copy()}>
            {isCopied ? <Check size={13} aria-hidden /> : <Copy size={13} aria-hidden />}
            {isCopied ? t("run.copied") : t("run.copyReport")}
          </button>
          {failure !== undefined && failure.traceback.length > 0 && (
            <button
              type="button"
              className="button"
              data-kind="quiet"
              aria-expanded={isLong}
              onClick={() => setLong(!isLong)}
            >
              {isLong ? <ChevronDown size={13} aria-hidden /> : <ChevronUp size={13} aria-hidden />}
              {isLong ? t("run.hideTrace") : t("run.showTrace")}
            </button>
          )}
        </footer>
      )}
      {isLong && failure !== undefined && <pre data-scrolls>{failure.traceback.join("")}</pre>}
    </section>
  );
}

function stateText(run: NodeRun, t: Translate): string {
  switch (run.status) {
    case "cached":
      return t("run.stateCached");
    case "done":
      return run.seconds === undefined
        ? t("run.stateDoneQuick")
        : t("run.stateDone", { time: showSeconds(run.seconds) });
    case "running": {
      const rate = rateOf(run);
      const step = t("run.stateRunning", { value: run.value, maximum: run.maximum });
      if (rate === undefined) return step;
      const { perSecond, remainingSeconds } = rate;
      return `${step}, ${t("run.rate", { rate: Number(perSecond.toFixed(1)), time: showSeconds(remainingSeconds) })}`;
    }
    case "skipped":
      return t("run.stateSkipped");
    case "failed":
      return t("run.stateFailed");
    default:
      return t("run.stateWaiting");
  }
}

/** The report as text to send to somebody who is to help: what failed, why, with which inputs, and the trace. */
export function reportText({
  id,
  node,
  run,
  problems,
  title,
}: Omit<Props, "onHide"> & { title: string }): string {
  const parts = [
    `Node ${id} "${title}" (${node.class_type})`,
    ...problems.map(
      (problem) => `${problem.code}${problem.input ? ` at "${problem.input}"` : ""}: ${problem.message}`,
    ),
    ...(run?.failure === undefined ? [] : [`${run.failure.kind}: ${run.failure.message}`]),
    `Inputs: ${writeJson(node.inputs, 2)}`,
    ...(run?.failure === undefined ? [] : [run.failure.traceback.join("")]),
  ];
  return parts.join("\n\n");
}
