// One open document: the only place where it changes, with its history and its link indices.
import { applyPatches, enablePatches, type Patch, produceWithPatches, setAutoFreeze } from "immer";
import { createStore, type StoreApi } from "zustand/vanilla";
import { GraphIndex } from "./graphIndex";
import {
  type HistoryEntry,
  type HistoryState,
  join,
  NO_HISTORY,
  push,
  stepBack,
  stepForward,
} from "./history";
import { type Touched, touchedBy } from "./touched";
import { type GraphPart, partAt, type Scope, type WorkflowDocument } from "./types";

enablePatches();
setAutoFreeze(true);

/** What React and others read; a new object after each change. */
export interface DocumentState {
  readonly doc: WorkflowDocument;
  /** Raised by every change, undo and redo included. */
  readonly revision: number;
  readonly history: HistoryState;
}

export interface DocumentChange {
  readonly label: string;
  readonly kind: "edit" | "undo" | "redo" | "replace";
  readonly touched: Touched;
}

export interface EditOptions {
  /** Edits with the same key within a second of each other are undone together, e.g. `text of 6`. */
  readonly coalesce?: string;
}

export type Recipe = (draft: WorkflowDocument) => void;

/** A document with undo. Views follow `state` (React) or `onChange` (everything else). */
export class DocumentStore {
  readonly state: StoreApi<DocumentState>;
  private readonly listeners = new Set<(change: DocumentChange) => void>();
  private readonly indices = new Map<Scope, GraphIndex>();
  private gesture: { label: string; entry: HistoryEntry | undefined } | undefined;

  constructor(doc: WorkflowDocument, history: HistoryState = NO_HISTORY) {
    this.state = createStore<DocumentState>(() => ({ doc, revision: 0, history }));
  }

  get doc(): WorkflowDocument {
    return this.state.getState().doc;
  }

  /** The graph of a scope; an empty one if its definition is gone. */
  part(scope: Scope): GraphPart {
    return partAt(this.doc, scope) ?? { graph: {} };
  }

  /** The links of a scope, up to date. */
  index(scope: Scope): GraphIndex {
    let index = this.indices.get(scope);
    if (index === undefined) {
      index = new GraphIndex(this.part(scope).graph);
      this.indices.set(scope, index);
    }
    return index;
  }

  /** Change the document. Nothing is noted if the recipe changes nothing.
   *
   * @param label what people read in the history, already translated.
   * @returns whether anything changed.
   */
  edit(label: string, recipe: Recipe, options: EditOptions = {}): boolean {
    const { doc, history } = this.state.getState();
    const [next, patches, inverse] = produceWithPatches(doc, (draft) => {
      recipe(draft as WorkflowDocument);
    });
    if (patches.length === 0) return false;
    const entry: HistoryEntry = { label, at: Date.now(), patches, inverse, ...options };
    if (this.gesture !== undefined) {
      const before = this.gesture.entry;
      this.gesture.entry = before === undefined ? entry : join(before, entry);
      this.become(next, history, { label, kind: "edit", touched: touchedBy(patches) });
    } else {
      this.become(next, push(history, entry), { label, kind: "edit", touched: touchedBy(patches) });
    }
    return true;
  }

  /** End a run of edits that would be undone together: the next edit is a step of its own. */
  settle(): void {
    const { history } = this.state.getState();
    const last = history.past.at(-1);
    if (last?.coalesce === undefined) return;
    const { coalesce: _, ...entry } = last;
    this.state.setState({ history: { ...history, past: [...history.past.slice(0, -1), entry] } });
  }

  /** Begin a gesture: all edits until `commit` are undone together; `cancel` takes them back. Gestures do not nest. */
  begin(label: string): void {
    this.commit();
    this.gesture = { label, entry: undefined };
  }

  /** End the gesture and note it in the history. */
  commit(): void {
    const entry = this.gesture?.entry;
    const label = this.gesture?.label;
    this.gesture = undefined;
    if (entry === undefined || label === undefined) return;
    const state = this.state.getState();
    this.state.setState({ history: push(state.history, { ...entry, label }) });
  }

  /** End the gesture and take its edits back. */
  cancel(): void {
    const entry = this.gesture?.entry;
    this.gesture = undefined;
    if (entry !== undefined) this.apply(entry.inverse, this.state.getState().history, entry.label, "undo");
  }

  get canUndo(): boolean {
    return this.state.getState().history.past.length > 0;
  }

  get canRedo(): boolean {
    return this.state.getState().history.future.length > 0;
  }

  /** Take the latest step back; returns its label. */
  undo(): string | undefined {
    this.commit();
    const step = stepBack(this.state.getState().history);
    if (step === undefined) return undefined;
    const [history, entry] = step;
    this.apply(entry.inverse, history, entry.label, "undo");
    return entry.label;
  }

  /** Do again what was undone last; returns its label. */
  redo(): string | undefined {
    this.commit();
    const step = stepForward(this.state.getState().history);
    if (step === undefined) return undefined;
    const [history, entry] = step;
    this.apply(entry.patches, history, entry.label, "redo");
    return entry.label;
  }

  /** Put another document in place of this one; the history begins anew unless one is given. */
  replace(doc: WorkflowDocument, history: HistoryState = NO_HISTORY): void {
    this.gesture = undefined;
    this.become(doc, history, {
      label: "",
      kind: "replace",
      touched: { everything: true, scopes: new Map(), definitions: true },
    });
  }

  /** Hear of every change, after it is made. Returns how to stop. */
  onChange(listener: (change: DocumentChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private apply(
    patches: readonly Patch[],
    history: HistoryState,
    label: string,
    kind: "undo" | "redo",
  ): void {
    const next = applyPatches(this.doc, patches as Patch[]);
    this.become(next, history, { label, kind, touched: touchedBy(patches) });
  }

  private become(doc: WorkflowDocument, history: HistoryState, change: DocumentChange): void {
    this.refreshIndices(doc, change.touched);
    this.state.setState((state) => ({ doc, history, revision: state.revision + 1 }));
    for (const listener of this.listeners) listener(change);
  }

  private refreshIndices(doc: WorkflowDocument, touched: Touched): void {
    if (touched.everything) this.indices.clear();
    for (const [scope, part] of touched.scopes) {
      const index = this.indices.get(scope);
      const graph = partAt(doc, scope)?.graph;
      if (index === undefined) continue;
      if (part.everything || graph === undefined) this.indices.delete(scope);
      else for (const id of part.nodes) index.refresh(graph, id);
    }
  }
}
