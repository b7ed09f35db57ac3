// The open workflows: a dot for what is not saved, middle click closes, drag changes the order.
import { Plus, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import { openEmpty } from "@/files/opening";
import { useApp, useT } from "@/shell/hooks";
import type { TopBarItem } from "@/shell/slots";
import { activateTab, type Tab, type TabId, updateTab } from "@/workspace/tabs";
import { close, moveTab, step } from "./closing";
import "./tabs.css";

export const tabStrip: TopBarItem = { id: "tabs", place: "start", order: 20, component: TabStrip };

function TabStrip() {
  const app = useApp();
  const t = useT();
  const { tabs, active } = useStore(app.workspace);
  const [dragged, setDragged] = useState<TabId>();
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    step(app, by);
  };
  return (
    <div className="tabs">
      <div className="tabs-list" role="tablist" aria-label={t("files.tabs")} onKeyDown={onKeyDown}>
        {tabs.map((tab, at) => (
          <OneTab
            key={tab.id}
            tab={tab}
            isActive={tab.id === active}
            onDragStart={() => setDragged(tab.id)}
            onDragOver={() => dragged !== undefined && dragged !== tab.id && moveTab(app, dragged, at)}
            onDragEnd={() => setDragged(undefined)}
          />
        ))}
      </div>
      <button
        type="button"
        className="icon-button"
        aria-label={t("files.new")}
        title={t("files.new")}
        onClick={() => openEmpty(app)}
      >
        <Plus size={16} />
      </button>
    </div>
  );
}

interface Props {
  readonly tab: Tab;
  readonly isActive: boolean;
  readonly onDragStart: () => void;
  readonly onDragOver: () => void;
  readonly onDragEnd: () => void;
}

function OneTab({ tab, isActive, onDragStart, onDragOver, onDragEnd }: Props) {
  const app = useApp();
  const t = useT();
  const [isRenaming, setRenaming] = useState(false);
  const isDirty = useStore(tab.document.state, (state) => state.revision !== tab.savedRevision);
  const isRunning = useStore(tab.run, (state) => state.pending.length > 0);
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) element.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [isActive]);
  const name = isDirty ? `${tab.title} (${t("files.unsaved")})` : tab.title;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the mouse may do here what the buttons inside do
    <div
      ref={element}
      className="tab"
      data-active={isActive}
      draggable={!isRenaming}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", tab.title);
        onDragStart();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        onDragOver();
      }}
      onDragEnd={onDragEnd}
      onAuxClick={(event) => {
        if (event.button === 1) close(app, tab.id);
      }}
      onMouseDown={(event) => {
        if (event.button === 1) event.preventDefault(); // no autoscroll
      }}
    >
      {isRenaming ? (
        <Renaming tab={tab} onEnd={() => setRenaming(false)} />
      ) : (
        <button
          type="button"
          role="tab"
          className="tab-name"
          aria-selected={isActive}
          aria-label={name}
          title={name}
          tabIndex={isActive ? 0 : -1}
          onClick={() => activateTab(app.workspace, tab.id)}
          onDoubleClick={() => setRenaming(true)}
          onKeyDown={(event) => event.key === "F2" && setRenaming(true)}
        >
          {isRunning && <span className="tab-running" aria-hidden />}
          <span>{tab.title}</span>
        </button>
      )}
      <button
        type="button"
        className="tab-close"
        data-dirty={isDirty}
        tabIndex={-1}
        aria-hidden // a list of tabs holds only tabs; the command closes them with the keyboard
        title={`${t("files.closeTab")}: ${tab.title}`}
        onClick={() => close(app, tab.id)}
      >
        <X size={13} />
      </button>
    </div>
  );
}

function Renaming({ tab, onEnd }: { readonly tab: Tab; readonly onEnd: () => void }) {
  const app = useApp();
  const t = useT();
  const [title, setTitle] = useState(tab.title);
  const end = (isTaken: boolean) => {
    // A new title is a new name: the next save asks for it.
    if (isTaken && title.trim() !== "" && title !== tab.title)
      updateTab(app.workspace, tab.id, { title: title.trim(), file: undefined, savedRevision: -1 });
    onEnd();
  };
  return (
    <input
      className="tab-rename"
      // biome-ignore lint/a11y/noAutofocus: somebody just asked to rename this
      autoFocus
      aria-label={t("files.rename")}
      value={title}
      onChange={(event) => setTitle(event.target.value)}
      onFocus={(event) => event.target.select()}
      onBlur={() => end(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") end(true);
        if (event.key === "Escape") end(false);
      }}
    />
  );
}
