// The way into the subgraph that is shown; a click goes back up.
import { ChevronRight, PlugZap } from "lucide-react";
import { Fragment, useEffect } from "react";
import { useStore } from "zustand";
import { trailTitles } from "@/commands/subgraphs";
import { useApp, useDocument, useT, useTab, useView } from "@/shell/hooks";
import type { CanvasLayer } from "@/shell/slots";
import { leaveTo } from "@/view/store";
import "./subgraph.css";

export const breadcrumb: CanvasLayer = { id: "breadcrumb", component: Breadcrumb };

function Breadcrumb() {
  const app = useApp();
  const hasTab = useStore(app.workspace, ({ active }) => active !== undefined);
  return hasTab ? <Trail /> : null;
}

function Trail() {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const trail = useView((view) => view.trail);
  const doc = useDocument((state) => state.doc);
  // Undo may take the definition away that is shown.
  useEffect(() => {
    const lost = trail.findIndex((step) => doc.subgraphs?.[step.scope] === undefined);
    if (lost >= 0) leaveTo(tab.view, lost);
  }, [trail, doc, tab]);
  if (trail.length === 0) return null;
  const titles = [tab.title, ...trailTitles(tab)];
  return (
    <nav
      className="breadcrumb"
      aria-label={t("subgraph.trail")}
      onPointerDown={(event) => event.stopPropagation()}
    >
      <ol>
        {titles.map((title, depth) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the depth is what names a step
          <Fragment key={depth}>
            {depth > 0 && <ChevronRight size={13} aria-hidden />}
            <li>
              <button
                type="button"
                aria-current={depth === trail.length ? "location" : undefined}
                onClick={() => {
                  leaveTo(tab.view, depth);
                  app.canvas?.focus();
                }}
              >
                {title}
              </button>
            </li>
          </Fragment>
        ))}
      </ol>
      <button
        type="button"
        className="breadcrumb-interface"
        title={t("subgraph.interface")}
        onClick={() => app.commands.run("subgraph.interface")}
      >
        <PlugZap size={14} aria-hidden />
        <span>{t("subgraph.shownOutside")}</span>
      </button>
    </nav>
  );
}
