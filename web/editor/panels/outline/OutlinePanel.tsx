// The graph as a tree: select, go to, rename, connect, disconnect, delete, run, all with the keyboard.
import { useVirtualizer } from "@tanstack/react-virtual";
import { Ban, ChevronDown, ChevronRight, Redo2, Unlink } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import { socketLook } from "@/catalogue/sockets";
import { lookupIn } from "@/catalogue/store";
import { connect, disconnect } from "@/graphEdits/links";
import { Choose } from "@/shell/controls/Choose";
import { useApp, useDocument, useScope, useT, useTab, useView } from "@/shell/hooks";
import { type ItemKey, select } from "@/view/store";
import "../shared/panel.css";
import "./outline.css";
import { type OutlineFacts, outlineRows, type Row, sourcesFor } from "./rows";

const ROW_REM = 1.9;

export default function OutlinePanel() {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const catalogue = useStore(app.catalogue);
  const revision = useDocument((state) => state.revision);
  const selection = useView((view) => view.selection);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [query, setQuery] = useState("");
  const [activeKey, setActiveKey] = useState<string>();
  const scroller = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the revision says that the document changed
  const facts = useMemo<OutlineFacts>(
    () => ({
      part: tab.document.part(scope),
      document: tab.document.doc,
      lookup: lookupIn(catalogue),
      index: tab.document.index(scope),
      open,
      query,
    }),
    [tab, scope, catalogue, revision, open, query],
  );
  const rows = useMemo(() => outlineRows(facts), [facts]);
  const active = Math.max(
    0,
    rows.findIndex((row) => row.key === activeKey),
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize),
    overscan: 8,
  });
  useEffect(() => {
    if (activeKey !== undefined) virtual.scrollToIndex(active);
  }, [virtual, active, activeKey]);

  const setIsOpen = (row: Row, isOpen: boolean) => {
    const mark = row.kind === "group" ? `closed ${row.key}` : row.key;
    const isMarked = row.kind === "group" ? !isOpen : isOpen;
    setOpen((before) => {
      const next = new Set(before);
      if (isMarked) next.add(mark);
      else next.delete(mark);
      return next;
    });
  };
  const choose = (row: Row, adds: boolean) => {
    const key = (row.kind === "group" ? row.key : `node:${row.node}`) as ItemKey;
    const old = tab.view.getState().selection;
    if (!adds) select(tab.view, [key]);
    else select(tab.view, old.has(key) ? [...old].filter((each) => each !== key) : [...old, key]);
  };
  const goTo = (row: Row) => {
    choose(row, false);
    if (row.kind === "node") app.canvas?.goTo(row.node);
    else app.canvas?.frame(tab.view.getState().selection);
  };
  /** Go there with the focus, too: Enter once more goes into the widgets. */
  const enter = (row: Row) => {
    goTo(row);
    app.canvas?.focus();
  };
  const run = (row: Row, command: string) => {
    choose(row, false);
    app.commands.run(command);
  };
  const unlink = (row: Row & { kind: "input" }) =>
    tab.document.edit(t("canvas.unlinked"), (draft) =>
      disconnect(draft, scope, { node: row.node, input: row.input.name }),
    );
  const element = (row: Row) =>
    scroller.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(row.key)}"]`);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const row = rows[active];
    if (row === undefined || event.target !== event.currentTarget) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const go = (at: number) => setActiveKey(rows[Math.max(0, Math.min(rows.length - 1, at))]?.key);
    const parent = () => rows.slice(0, active).findLastIndex((each) => each.level < row.level);
    const act: Readonly<Record<string, () => void>> = {
      ArrowDown: () => go(active + 1),
      ArrowUp: () => go(active - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      PageDown: () => go(active + 10),
      PageUp: () => go(active - 10),
      ArrowRight: () => (row.isOpen === false ? setIsOpen(row, true) : row.isOpen && go(active + 1)),
      ArrowLeft: () => (row.isOpen ? setIsOpen(row, false) : parent() >= 0 && go(parent())),
      Enter: () => (row.kind === "input" ? element(row)?.querySelector("button")?.click() : enter(row)),
      " ": () => choose(row, true),
      Delete: () => (row.kind === "input" ? row.isLinked && unlink(row) : run(row, "edit.delete")),
      F2: () => row.kind !== "input" && run(row, row.kind === "group" ? "group.edit" : "node.rename"),
      r: () => row.kind === "node" && run(row, "run.toHere"),
      m: () => row.kind === "node" && run(row, "node.mute"),
    };
    const action = act[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };

  return (
    <div className="panel-column">
      <div className="panel-tools">
        <input
          className="field"
          type="search"
          value={query}
          placeholder={t("outline.search")}
          aria-label={t("outline.search")}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <div
        ref={scroller}
        className="panel-scroll outline-tree"
        role="tree"
        tabIndex={0}
        aria-label={t("outline.panel")}
        aria-describedby="outline-help"
        aria-multiselectable
        aria-activedescendant={rows[active] === undefined ? undefined : rowId(rows[active])}
        onKeyDown={onKeyDown}
        onFocus={() => setActiveKey((before) => before ?? rows[0]?.key)}
        data-scrolls
      >
        <div role="presentation" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <TreeRow
                key={row.key}
                row={row}
                top={item.start}
                height={item.size}
                facts={facts}
                isActive={item.index === active}
                isSelected={selection.has((row.kind === "group" ? row.key : `node:${row.node}`) as ItemKey)}
                onToggle={() => setIsOpen(row, !row.isOpen)}
                onPick={(adds) => {
                  setActiveKey(row.key);
                  if (adds || row.kind === "input") choose(row, adds);
                  else goTo(row);
                }}
                onUnlink={() => row.kind === "input" && unlink(row)}
                onChosen={() => scroller.current?.focus()}
              />
            );
          })}
        </div>
        {rows.length === 0 && <p className="panel-nothing">{t("outline.nothing")}</p>}
      </div>
      <p id="outline-help" className="outline-help">
        {t("outline.help")}
      </p>
    </div>
  );
}

function rowId(row: Row): string {
  return `outline ${row.key}`.replaceAll(/[^\p{L}\p{N}:_-]/gu, "-");
}

interface RowProps {
  readonly row: Row;
  readonly top: number;
  readonly height: number;
  readonly facts: OutlineFacts;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly onToggle: () => void;
  readonly onPick: (adds: boolean) => void;
  readonly onUnlink: () => void;
  readonly onChosen: () => void;
}

function TreeRow(props: RowProps) {
  const { row, top, height, facts, isActive, isSelected, onToggle, onPick, onUnlink, onChosen } = props;
  const t = useT();
  const Chevron = row.isOpen ? ChevronDown : ChevronRight;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys for its rows
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus and names its active row
    <div
      id={rowId(row)}
      className="outline-row"
      role="treeitem"
      aria-selected={isSelected}
      aria-level={row.level}
      aria-expanded={row.isOpen}
      aria-posinset={row.place}
      aria-setsize={row.count}
      aria-label={nameOf(row, t)}
      data-row={row.key}
      data-kind={row.kind}
      data-active={isActive || undefined}
      style={{ top, height, paddingInlineStart: `${row.level * 0.9 - 0.6}rem` }}
      onClick={(event) => onPick(event.ctrlKey || event.metaKey || event.shiftKey)}
    >
      {row.isOpen === undefined ? (
        <i className="outline-dot" data-linked={isLinkedRow(row) || undefined} style={dotStyle(row)} />
      ) : (
        <span
          className="outline-fold"
          aria-hidden
          onPointerDown={(event) => event.stopPropagation()}
          onClick={(event) => {
            event.stopPropagation();
            onToggle();
          }}
        >
          <Chevron size={13} />
        </span>
      )}
      <span className="outline-label">{row.label}</span>
      {row.kind === "node" && row.mode === "mute" && <Ban size={12} aria-hidden />}
      {row.kind === "node" && row.mode === "bypass" && <Redo2 size={12} aria-hidden />}
      {row.kind === "input" && (
        <InputSource row={row} facts={facts} onUnlink={onUnlink} onChosen={onChosen} />
      )}
    </div>
  );
}

function isLinkedRow(row: Row): boolean {
  return row.kind === "input" && row.isLinked;
}

function dotStyle(row: Row): { borderColor?: string } {
  return row.kind === "input" ? { borderColor: socketLook(row.input.type).colour } : {};
}

function nameOf(row: Row, t: ReturnType<typeof useT>): string {
  if (row.kind === "group") return t("outline.group", { name: row.label });
  if (row.kind === "input")
    return row.source === undefined
      ? t("outline.free", { name: row.label })
      : t(row.isLinked ? "outline.from" : "outline.holds", { name: row.label, source: row.source });
  const mode =
    row.mode === "normal" ? "" : `, ${t(row.mode === "mute" ? "canvas.muted" : "canvas.bypassed")}`;
  return `${row.label}${mode}`;
}

/** What feeds an input, and a list of what else could. */
function InputSource({
  row,
  facts,
  onUnlink,
  onChosen,
}: {
  readonly row: Row & { kind: "input" };
  readonly facts: OutlineFacts;
  readonly onUnlink: () => void;
  readonly onChosen: () => void;
}) {
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const choices = useMemo(() => sourcesFor(facts, row.node, row.input), [facts, row]);
  return (
    <>
      <Choose
        choices={choices.map(({ node, slot, label }) => ({ value: `${slot} ${node}`, label, note: node }))}
        value={undefined}
        searchLabel={t("outline.connect", { name: row.label })}
        emptyText={t("outline.noSources", { type: row.input.type })}
        onClosed={onChosen}
        onChoose={(value) => {
          const [slot = "0", ...node] = String(value).split(" ");
          tab.document.edit(t("canvas.linked"), (draft) =>
            connect(
              draft,
              scope,
              { node: node.join(" "), slot: Number(slot) },
              { node: row.node, input: row.input.name },
            ),
          );
        }}
      >
        <button
          type="button"
          tabIndex={-1}
          className="outline-source"
          data-linked={row.isLinked || undefined}
          aria-label={t("outline.connect", { name: row.label })}
          onClick={(event) => event.stopPropagation()}
        >
          {row.source ?? t("outline.nothingLinked")}
        </button>
      </Choose>
      {row.isLinked && (
        <button
          type="button"
          tabIndex={-1}
          className="outline-unlink"
          aria-label={t("canvas.unlinkInput", { input: row.label })}
          title={t("canvas.unlinkInput", { input: row.label })}
          onClick={(event) => {
            event.stopPropagation();
            onUnlink();
          }}
        >
          <Unlink size={12} />
        </button>
      )}
    </>
  );
}
