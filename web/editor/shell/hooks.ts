// How React components reach the parts of the editor.
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { App } from "@/app";
import type { DocumentState } from "@/document/store";
import type { Scope } from "@/document/types";
import type { Translate } from "@/i18n/translate";
import { runIn, runPrefix } from "@/run/scoped";
import type { RunState } from "@/run/store";
import type { UiState } from "@/ui/store";
import { scopeOf, type ViewState } from "@/view/store";
import type { Tab } from "@/workspace/tabs";

export const AppContext = createContext<App | undefined>(undefined);
export const TranslateContext = createContext<Translate | undefined>(undefined);
/** Holds what is below to one graph, whichever is shown; the form shows the root always. */
export const ScopeContext = createContext<Scope | undefined>(undefined);
export const TabContext = createContext<Tab | undefined>(undefined);

/** The parts of the editor. */
export function useApp(): App {
  return required(useContext(AppContext), "AppContext");
}

/** The translator; the component is drawn anew when the language changes. */
export function useT(): Translate {
  return required(useContext(TranslateContext), "TranslateContext");
}

/** The tab that is shown. Panels are mounted only while there is one. */
export function useTab(): Tab {
  return required(useContext(TabContext), "TabContext");
}

/** A part of the preferences. */
export function useUi<T>(pick: (state: UiState) => T): T {
  return useStore(useApp().ui, pick);
}

/** A part of the document that is shown; pick something small, or something that stays the same object. */
export function useDocument<T>(pick: (state: DocumentState) => T): T {
  return useStore(useTab().document.state, pick);
}

export function useView<T>(pick: (state: ViewState) => T): T {
  return useStore(useTab().view, pick);
}

/** The run of the graph that is shown: ids are those of its nodes, also inside of a subgraph. */
export function useRun<T>(pick: (state: RunState) => T): T {
  const isFixed = useContext(ScopeContext) !== undefined;
  const prefix = useView(runPrefix);
  return useStore(useTab().run, (state) => pick(runIn(state, isFixed ? "" : prefix)));
}

/** The graph that is shown: the root, or the definition that was entered; a `ScopeContext` above names another. */
export function useScope(): Scope {
  const fixed = useContext(ScopeContext);
  const shown = useView(scopeOf);
  return fixed ?? shown;
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`${name} is missing above this component.`);
  return value;
}
