// The head of a node: its name, how it does, its progress.
import { Ban, ChevronDown, ChevronRight, Pin, Redo2, Zap } from "lucide-react";
import { type KeyboardEvent, useEffect, useState } from "react";
import { draftAt } from "@/document/types";
import { layoutOf } from "@/graphEdits/nodes";
import { type NodeRun, rateOf } from "@/run/store";
import { useRun, useScope, useT, useTab, useView } from "@/shell/hooks";
import { shortBytes, shortSeconds } from "./amounts";
import type { NodeBodyProps } from "./NodeBody";

/** What took less is not worth telling. */
const LEAST_SECONDS = 0.01;
const LEAST_BYTES = 100_000;

export function NodeHead({ id, shape, title, mode, isPinned }: NodeBodyProps) {
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const run = useRun((state) => state.nodes[id]);
  const toggle = () =>
    tab.document.edit(t("canvas.collapse"), (draft) => {
      layoutOf(draftAt(draft, scope).layout, id).collapsed = !shape.isCollapsed;
    });
  const Chevron = shape.isCollapsed ? ChevronRight : ChevronDown;
  return (
    <header className="node-head">
      <button
        type="button"
        className="node-fold"
        aria-label={t("canvas.collapse")}
        aria-expanded={!shape.isCollapsed}
        onClick={toggle}
      >
        <Chevron size={13} />
      </button>
      <Title id={id} title={title} />
      {isPinned && <Pin size={12} aria-label={t("canvas.pin")} className="node-badge-icon" />}
      {mode === "mute" && <Ban size={13} aria-label={t("canvas.muted")} className="node-badge-icon" />}
      {mode === "bypass" && <Redo2 size={13} aria-label={t("canvas.bypassed")} className="node-badge-icon" />}
      {run !== undefined && <RunBadge run={run} />}
      {run?.status === "running" && <Progress run={run} />}
    </header>
  );
}

function Title({ id, title }: { readonly id: string; readonly title: string }) {
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const isRenaming = useView((state) => state.renaming === id);
  const [draft, setDraft] = useState(title);
  useEffect(() => setDraft(title), [title]);
  if (!isRenaming) {
    return (
      <h3 className="node-title" title={title}>
        {title}
      </h3>
    );
  }
  const end = (isKept: boolean) => {
    tab.view.setState({ renaming: undefined });
    if (!isKept || draft.trim() === title) return setDraft(title);
    tab.document.edit(t("canvas.renamed", { title: draft.trim() }), (document) => {
      const node = draftAt(document, scope).graph[id];
      if (node !== undefined) node._meta = { ...node._meta, title: draft.trim() };
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === "Escape") {
      event.stopPropagation();
      end(event.key === "Enter");
    }
  };
  return (
    <input
      className="node-rename"
      aria-label={t("canvas.rename")}
      value={draft}
      // biome-ignore lint/a11y/noAutofocus: renaming was asked for
      autoFocus
      onFocus={(event) => event.target.select()}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => end(true)}
      onKeyDown={onKeyDown}
    />
  );
}

function RunBadge({ run }: { readonly run: NodeRun }) {
  const t = useT();
  if (run.status === "cached") {
    return (
      <span className="node-badge" title={run.reason || t("node.cached")}>
        <Zap size={11} aria-hidden /> {t("node.cached")}
      </span>
    );
  }
  if (run.status === "done") return <Cost run={run} />;
  if (run.status === "skipped") return <span className="node-badge">{t("node.skipped")}</span>;
  if (run.status !== "running" || run.maximum <= 1) return null;
  const rate = rateOf(run);
  return (
    <span
      className="node-badge"
      data-strong
      title={rate && t("node.remaining", { seconds: Math.ceil(rate.remainingSeconds) })}
    >
      {run.value}/{run.maximum}
      {rate !== undefined && <small>{t("node.rate", { rate: rate.perSecond.toPrecision(2) })}</small>}
    </span>
  );
}

/** How long a node ran and how much memory its result takes, and why it ran. */
function Cost({ run: { seconds = 0, nbytes = 0, reason } }: { readonly run: NodeRun }) {
  const t = useT();
  const memory = nbytes >= LEAST_BYTES ? shortBytes(nbytes) : undefined;
  if (seconds < LEAST_SECONDS && memory === undefined) return null;
  const told = [reason || t("node.ran"), memory && t("node.memory", { memory })];
  return (
    <span className="node-badge" title={told.filter(Boolean).join("\n")}>
      {seconds >= LEAST_SECONDS && t("node.seconds", { seconds: shortSeconds(seconds) })}
      {memory && <small>{memory}</small>}
    </span>
  );
}

function Progress({ run }: { readonly run: NodeRun }) {
  const share = run.maximum > 0 ? Math.min(1, run.value / run.maximum) : 0;
  return (
    <span
      className="node-progress"
      role="progressbar"
      aria-valuemin={0}
      aria-valuemax={run.maximum}
      aria-valuenow={run.value}
      data-unknown={run.maximum <= 1 || undefined}
    >
      <span style={run.maximum > 1 ? { transform: `scaleX(${share})` } : {}} />
    </span>
  );
}
