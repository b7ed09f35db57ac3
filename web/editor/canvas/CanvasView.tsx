// The canvas of the tab that is shown: makes the engine and lets React draw the node bodies into it.
import { useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import type { NodeId, Point } from "@/document/types";
import { NodeBody } from "@/nodes/NodeBody";
import { CanvasMenu, type MenuAt } from "@/shell/CanvasMenu";
import { ErrorBoundary } from "@/shell/ErrorBoundary";
import { useApp, useT, useTab } from "@/shell/hooks";
import { CANVAS_LAYERS } from "@/shell/parts";
import { NodeSearch } from "@/shell/search/NodeSearch";
import { enter } from "@/view/store";
import { BorderLayer } from "./BorderLayer";
import { Engine } from "./engine";
import { NavigationMap } from "./NavigationMap";
import { NotesLayer } from "./NotesLayer";
import { pickForMenu } from "./picking";
import { Pointer } from "./pointer";
import "./canvas.css";

export function CanvasView() {
  const app = useApp();
  const tab = useTab();
  const t = useT();
  const root = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLCanvasElement>(null);
  const flow = useRef<HTMLCanvasElement>(null);
  const world = useRef<HTMLDivElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const [engine, setEngine] = useState<Engine | undefined>(undefined);
  const [menu, setMenu] = useState<MenuAt | undefined>(undefined);
  const [hint, setHint] = useState<{ text: string; at: Point } | undefined>(undefined);

  useLayoutEffect(() => {
    if (root.current === null || world.current === null) return;
    if (below.current === null || flow.current === null || above.current === null) return;
    const made = new Engine(app, tab, {
      root: root.current,
      layers: { below: below.current, flow: flow.current, above: above.current },
      world: world.current,
    });
    const pointer = new Pointer(made, {
      onMenu: (hit, client) =>
        setMenu({ menu: pickForMenu(made, hit), at: client, world: made.toWorld(...client) }),
      onHover: () => {},
    });
    made.onSearch = (wish) => app.overlays.open(NodeSearch, { wish, engine: made });
    made.onHint = (text, at) => setHint(text === undefined ? undefined : { text, at });
    made.onOpenItem = (hit) => {
      if (hit.kind === "group") app.commands.run("group.edit");
      if (hit.kind !== "node") return;
      const { type, id } = hit.node;
      if (type.origin === "subgraph") enter(tab.view, id, type.id);
      else if (hit.part === "head") tab.view.setState({ renaming: id });
    };
    app.canvas = made;
    setEngine(made);
    return () => {
      pointer.close();
      made.close();
      if (app.canvas === made) app.canvas = undefined;
      setEngine(undefined);
    };
  }, [app, tab]);

  useEffect(() => {
    engine?.focus();
  }, [engine]);

  return (
    <div
      className="canvas"
      ref={root}
      role="application"
      aria-label={t("canvas.label")}
      aria-describedby="canvas-instructions"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: role=application takes keys itself
      tabIndex={0}
      data-testid="canvas"
    >
      <p id="canvas-instructions" className="visually-hidden">
        {t("canvas.instructions")}
      </p>
      <canvas ref={below} aria-hidden />
      <canvas ref={flow} aria-hidden className="canvas-above" hidden />
      <div ref={world} className="canvas-world">
        {engine !== undefined && <Bodies engine={engine} />}
      </div>
      <canvas ref={above} aria-hidden className="canvas-above" />
      <BorderLayer />
      {engine !== undefined && <NavigationMap engine={engine} />}
      {CANVAS_LAYERS.map(({ id, component: Layer }) => (
        <Layer key={id} />
      ))}
      {hint !== undefined && createPortal(<Hint {...hint} />, document.body)}
      {menu !== undefined && <CanvasMenu {...menu} onClose={() => setMenu(undefined)} />}
    </div>
  );
}

function Bodies({ engine }: { readonly engine: Engine }) {
  const ids = useSyncExternalStore(engine.bodies.subscribe, engine.bodies.mounted);
  return (
    <>
      <NotesLayer engine={engine} />
      {ids.map((id) => (
        <NodeFrame key={id} id={id} engine={engine} />
      ))}
    </>
  );
}

/** Holds a body at its place; the engine moves it. */
function NodeFrame({ id, engine }: { readonly id: NodeId; readonly engine: Engine }) {
  const attach = useMemo(
    () => (element: HTMLElement | null) => engine.bodies.attach(id, element),
    [engine, id],
  );
  const node = engine.scene.nodes.get(id);
  if (node === undefined) return null;
  const { layout } = node;
  return (
    <div ref={attach} className="node-frame" data-node={id}>
      <ErrorBoundary fallback={(error) => <p className="node-crashed">{error.message}</p>}>
        <NodeBody
          id={id}
          node={node.node}
          type={node.type}
          shape={node.shape}
          title={node.title}
          mode={node.mode}
          isPinned={layout.pinned === true}
          colour={layout.colour}
          titleColour={layout.title_colour}
        />
      </ErrorBoundary>
    </div>
  );
}

function Hint({ text, at }: { readonly text: string; readonly at: Point }) {
  return (
    <div
      className="canvas-hint"
      role="status"
      style={{
        left: Math.max(8, Math.min(at[0] + 16, innerWidth - 336)),
        top: Math.min(at[1] + 18, innerHeight - 64),
      }}
    >
      {text}
    </div>
  );
}
