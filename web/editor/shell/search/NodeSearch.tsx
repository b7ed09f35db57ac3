// The search for nodes at the pointer: type, Enter, and the node is there, linked if a link was dropped.
import { Command } from "cmdk";
import { Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useStore } from "zustand";
import type { Engine } from "@/canvas/engine";
import type { SearchWish } from "@/canvas/handle";
import { fromDefinition } from "@/catalogue/nodeTypes";
import { socketLook } from "@/catalogue/sockets";
import { lookupIn } from "@/catalogue/store";
import type { NodeType } from "@/catalogue/types";
import type { Point } from "@/document/types";
import { addSearched } from "@/graphEdits/addSearched";
import { wouldNest } from "@/graphEdits/uses";
import { noteTypeUse } from "@/ui/store";
import { nodeKey, select } from "@/view/store";
import { useApp, useT } from "../hooks";
import type { OverlayProps } from "../overlays";
import { freePlace, ROOM } from "./freePlace";
import { connectable, nodeFinder } from "./searching";
import "./search.css";

interface Props extends OverlayProps {
  readonly wish: SearchWish;
  readonly engine: Engine;
}

const WIDTH = 560;
const HEIGHT = 380;
const PARTNERS = 8;

export function NodeSearch({ wish, engine, onClose }: Props) {
  const t = useT();
  const app = useApp();
  const catalogue = useStore(app.catalogue);
  const [query, setQuery] = useState("");
  const [marked, setMarked] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const types = useMemo(() => {
    const { doc } = engine.tab.document;
    const own = Object.entries(doc.subgraphs ?? {})
      .filter(([id]) => !wouldNest(doc, id, engine.scene.scope))
      .map(([id, each]) => fromDefinition(id, each, doc, lookupIn(catalogue)));
    return connectable([...own, ...catalogue.types.values()], wish.from);
  }, [catalogue, engine, wish.from]);
  const find = useMemo(() => nodeFinder(types, app.ui.getState(), wish.from), [types, app, wish.from]);
  const hits = useMemo(
    () => find(query).slice(0, wish.partners && query === "" ? PARTNERS : undefined),
    [find, query, wish.partners],
  );
  const shown = hits.find((type) => type.id === marked) ?? hits[0];
  useEffect(() => {
    const leave = (event: globalThis.PointerEvent) => {
      if (!(event.target instanceof Node && box.current?.contains(event.target))) onClose();
    };
    window.addEventListener("pointerdown", leave, { capture: true });
    return () => window.removeEventListener("pointerdown", leave, { capture: true });
  }, [onClose]);

  const add = (type: NodeType) => {
    const at = wish.at ?? freeOn(engine);
    let made = "";
    engine.tab.document.edit(t("canvas.nodeAdded", { node: type.title }), (draft) => {
      made = addSearched(draft, engine.scene.scope, type, at, wish.from);
    });
    noteTypeUse(app.ui, type.id);
    select(engine.tab.view, [nodeKey(made)]);
    engine.tab.view.setState({ focused: made });
    app.announce(t("canvas.nodeAdded", { node: type.title }));
    onClose();
    engine.focus();
    if (wish.at === undefined) engine.goTo(made);
  };
  const place = placeOf(engine, wish);
  const label =
    wish.from === undefined
      ? t("canvas.search")
      : t(wish.from.side === "output" ? "canvas.searchFor" : "canvas.searchFrom", { type: wish.from.type });
  return createPortal(
    <div ref={box} className="search" style={place} data-testid="node-search">
      <Command
        shouldFilter={false}
        loop
        label={label}
        value={shown?.id ?? ""}
        onValueChange={setMarked}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            onClose();
          }
        }}
      >
        <div className="search-field">
          <Search size={15} aria-hidden />
          <Command.Input
            value={query}
            onValueChange={(text) => {
              setQuery(text);
              setMarked("");
            }}
            placeholder={label}
            autoFocus
          />
          {wish.from !== undefined && <Dot type={wish.from.type} />}
        </div>
        <div className="search-body">
          <Command.List>
            {hits.length === 0 && <div className="choose-empty">{t("canvas.noHits")}</div>}
            {hits.map((type) => (
              <Command.Item key={type.id} value={type.id} onSelect={() => add(type)}>
                <Dot type={type.outputs[0]?.type ?? "*"} />
                <span className="search-name">{type.title}</span>
                <small>{type.category}</small>
              </Command.Item>
            ))}
          </Command.List>
          {shown !== undefined && <TypeCard type={shown} />}
        </div>
      </Command>
    </div>,
    document.body,
  );
}

/** What the marked node takes and gives. */
function TypeCard({ type }: { readonly type: NodeType }) {
  const plugs = type.inputs.filter((input) => input.widget === "none");
  const values = type.inputs.filter((input) => input.widget !== "none");
  return (
    <aside className="search-card">
      <h3>{type.title}</h3>
      <p>{type.description}</p>
      <ul>
        {plugs.map((input) => (
          <li key={input.name}>
            <Dot type={input.type} /> {input.name} <small>{input.type}</small>
          </li>
        ))}
        {type.outputs.map((output) => (
          <li key={output.name} className="search-output">
            <small>{output.type}</small> {output.name} <Dot type={output.type} isList={output.isList} />
          </li>
        ))}
      </ul>
      {values.length > 0 && <p className="search-values">{values.map((input) => input.name).join(", ")}</p>}
      <code>{type.id}</code>
    </aside>
  );
}

function Dot({ type, isList = false }: { readonly type: string; readonly isList?: boolean }) {
  const { colour, shape } = socketLook(type, isList);
  return (
    <span
      className="socket-dot"
      data-shape={shape}
      style={{ "--socket": colour } as React.CSSProperties}
      title={type}
    />
  );
}

/** A free place beside the node that has the focus, for the middle of a head. */
function freeOn(engine: Engine): Point {
  const { focused } = engine.tab.view.getState();
  const beside = focused === undefined ? undefined : engine.boundsOf(focused);
  const [x, y] = freePlace([...engine.scene.nodes.values()], beside, engine.pointer());
  return [x + ROOM.width / 2, y + 16];
}

function placeOf(engine: Engine, wish: SearchWish): { left: number; top: number } {
  const [x, y] = engine.toClient(wish.at ?? engine.pointer());
  return {
    left: Math.max(8, Math.min(innerWidth - WIDTH - 8, x)),
    top: Math.max(8, Math.min(innerHeight - HEIGHT - 8, y)),
  };
}
