// The frame of the editor: top bar, panels at the sides, the canvas between them, and what lies over everything.
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import type { App } from "@/app";
import { CanvasView } from "@/canvas/CanvasView";
import { isTyping } from "@/commands/registry";
import { loadTexts, type Translate, translator } from "@/i18n/translate";
import { Waiting } from "@/shell/Waiting";
import { Announcer } from "./Announcer";
import { AppContext, TabContext, TranslateContext } from "./hooks";
import { OverlayHost } from "./OverlayHost";
import { PanelSide } from "./PanelSide";
import { SERVICES } from "./parts";
import { ToastList } from "./ToastList";
import { TopBar } from "./TopBar";
import "./shell.css";

export function EditorApp({
  app,
  setTranslate,
}: {
  readonly app: App;
  readonly setTranslate: (t: Translate) => void;
}) {
  const language = useStore(app.ui, (state) => state.language);
  const [t, setT] = useState<Translate>(() => translator(language));
  useEffect(() => {
    let isCurrent = true;
    void loadTexts(language).then((texts) => {
      if (!isCurrent) return;
      const next = translator(language, texts);
      document.documentElement.lang = language;
      setTranslate(next);
      setT(() => next);
    });
    return () => {
      isCurrent = false;
    };
  }, [language, setTranslate]);
  return (
    <AppContext value={app}>
      <TranslateContext value={t}>
        <Frame app={app} />
      </TranslateContext>
    </AppContext>
  );
}

function Frame({ app }: { readonly app: App }) {
  const active = useStore(app.workspace, ({ tabs, active: id }) => tabs.find((tab) => tab.id === id));
  useKeys(app);
  useScheme(app);
  useEffect(() => {
    const stops = SERVICES.map((service) => service.start(app));
    return () => {
      for (const stop of stops) stop();
    };
  }, [app]);
  return (
    <TabContext value={active}>
      <div className="shell">
        <TopBar />
        <div className="shell-middle">
          {active !== undefined && <PanelSide side="left" />}
          <main className="shell-stage">
            <div className="shell-canvas">
              {active !== undefined && <CanvasView key={active.id} />}
              <Waiting />
            </div>
            {active !== undefined && <PanelSide side="bottom" />}
          </main>
          {active !== undefined && <PanelSide side="right" />}
        </div>
        <OverlayHost />
        <ToastList />
        <Announcer />
      </div>
    </TabContext>
  );
}

/** Every key press goes to the commands first, but not those that a control or a dialog needs itself. */
function useKeys(app: App): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || (app.overlays.isOpen && !isGlobal(event)) || ownsKey(event)) return;
      if (app.commands.handleKey(event)) event.preventDefault();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [app]);
}

const OWNERS =
  "[data-keys=own], [role=slider], [role=radiogroup], [role=menu], [role=listbox], [role=tree], [role=tablist], [role=dialog], input[type=range], select";
const PLAIN = /^(Arrow|Home$|End$|Page|Enter$|Escape$|Tab$| $)/;

/** Whether the control that has the focus needs this key itself. */
function ownsKey(event: KeyboardEvent): boolean {
  const { target } = event;
  if (!(target instanceof Element) || event.ctrlKey || event.metaKey) return false;
  if (event.key === "Tab" && target.closest("[data-testid=canvas]") !== target) return true;
  if (target.closest(OWNERS) !== null) return PLAIN.test(event.key) || event.key.length === 1;
  if (target.closest("button, a, summary") !== null) return event.key === "Enter" || event.key === " ";
  return false;
}

function isGlobal(event: KeyboardEvent): boolean {
  return (event.ctrlKey || event.metaKey) && event.key === "Enter" && !isTyping(event.target);
}

/** Dark or light, as chosen or as the system says. */
function useScheme(app: App): void {
  const theme = useStore(app.ui, (state) => state.theme);
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: light)");
    const apply = () => {
      const scheme = theme === "system" ? (system.matches ? "light" : "dark") : theme;
      document.documentElement.dataset.scheme = scheme;
      app.ui.setState({ scheme });
    };
    apply();
    system.addEventListener("change", apply);
    return () => system.removeEventListener("change", apply);
  }, [app, theme]);
}
