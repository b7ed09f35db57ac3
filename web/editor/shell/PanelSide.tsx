// One side with its rail of icons and the panel that is open.
import { X } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, Suspense, useRef } from "react";
import { type Side, togglePanel } from "@/ui/store";
import { ErrorBoundary } from "./ErrorBoundary";
import { useApp, useT, useUi } from "./hooks";
import { PANELS } from "./parts";
import type { Panel } from "./slots";

const LEAST = 200;
const MOST_SHARE = 0.6;

export function PanelSide({ side }: { readonly side: Side }) {
  const open = useUi((state) => state.panels[side]);
  const panels = PANELS.filter((panel) => panel.side === side).sort((a, b) => a.order - b.order);
  const shown = panels.find((panel) => panel.id === open);
  if (panels.length === 0) return null;
  return (
    <div className="panel-side" data-side={side}>
      {side !== "bottom" && <Rail panels={panels} side={side} />}
      {shown !== undefined && <OpenPanel key={shown.id} panel={shown} />}
    </div>
  );
}

function Rail({ panels, side }: { readonly panels: readonly Panel[]; readonly side: Side }) {
  const t = useT();
  return (
    <nav className="panel-rail" aria-label={t(side === "left" ? "app.leftPanels" : "app.rightPanels")}>
      {panels.map((panel) => (
        <RailButton key={panel.id} panel={panel} />
      ))}
    </nav>
  );
}

function RailButton({ panel }: { readonly panel: Panel }) {
  const t = useT();
  const app = useApp();
  const isOpen = useUi((state) => state.panels[panel.side] === panel.id);
  const badge = (panel.useBadge ?? noBadge)();
  const Icon = panel.icon;
  return (
    <button
      type="button"
      className="icon-button panel-tab"
      aria-pressed={isOpen}
      aria-label={t(panel.title)}
      title={t(panel.title)}
      onClick={() => togglePanel(app.ui, panel.side, panel.id)}
    >
      <Icon size={18} />
      {badge !== undefined && badge > 0 && <span className="panel-badge">{badge > 99 ? "99+" : badge}</span>}
    </button>
  );
}

function noBadge(): undefined {
  return undefined;
}

function OpenPanel({ panel }: { readonly panel: Panel }) {
  const t = useT();
  const app = useApp();
  const { side } = panel;
  const size = useUi((state) => state.panelSizes[side]);
  const Content = panel.component;
  return (
    <section
      className="panel"
      aria-label={t(panel.title)}
      data-panel={panel.id}
      style={side === "bottom" ? { height: size } : { width: size }}
    >
      <Grip side={side} size={size} />
      <header className="panel-head">
        <h2>{t(panel.title)}</h2>
        <button
          type="button"
          className="icon-button"
          aria-label={t("app.close")}
          onClick={() => togglePanel(app.ui, side, panel.id)}
        >
          <X size={16} />
        </button>
      </header>
      <div className="panel-content">
        <ErrorBoundary>
          <Suspense fallback={<p className="panel-loading">{t("app.loading")}</p>}>
            <Content />
          </Suspense>
        </ErrorBoundary>
      </div>
    </section>
  );
}

/** The edge that changes the size of a panel; arrow keys do, too. */
function Grip({ side, size }: { readonly side: Side; readonly size: number }) {
  const t = useT();
  const app = useApp();
  const start = useRef<{ at: number; size: number } | undefined>(undefined);
  const isRow = side === "bottom";
  const sign = side === "left" ? 1 : -1;
  const resize = (wanted: number) => {
    const most = MOST_SHARE * (isRow ? innerHeight : innerWidth);
    const next = Math.round(Math.min(most, Math.max(LEAST, wanted)));
    app.ui.setState(({ panelSizes }) => ({ panelSizes: { ...panelSizes, [side]: next } }));
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { at: isRow ? event.clientY : event.clientX, size };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (start.current !== undefined)
      resize(start.current.size + sign * ((isRow ? event.clientY : event.clientX) - start.current.at));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -16, ArrowRight: 16, ArrowUp: -16, ArrowDown: 16 }[event.key];
    if (step !== undefined) resize(size + sign * step);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that can be moved is no hr
    <div
      className="panel-grip"
      role="separator"
      tabIndex={0}
      data-keys="own"
      aria-orientation={isRow ? "horizontal" : "vertical"}
      aria-label={t("app.resizePanel")}
      aria-valuenow={size}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        start.current = undefined;
      }}
      onKeyDown={onKeyDown}
    />
  );
}
