// What a person sees of one document: camera, selection, hover, open subgraph. Never undone, kept per workflow.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { WireKey } from "@/document/graphIndex";
import type { GroupId, NodeId, NoteId, Scope } from "@/document/types";
import { ROOT } from "@/document/types";

/** Where the canvas looks: screen = world * z + (x, y), in CSS pixels. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** What can be selected, as a text so that sets can hold it. */
export type ItemKey =
  | `node:${NodeId}`
  | `group:${GroupId}`
  | `note:${NoteId}`
  | `link:${WireKey}`
  | `point:${string}`;
export type ItemKind = "node" | "group" | "note" | "link" | "point";

export function nodeKey(id: NodeId): ItemKey {
  return `node:${id}`;
}

/** Kind and id of an item. */
export function itemOf(key: ItemKey): { kind: ItemKind; id: string } {
  const at = key.indexOf(":");
  return { kind: key.slice(0, at) as ItemKind, id: key.slice(at + 1) };
}

/** One step into a subgraph: the node that was opened and the definition it stands for. */
export interface TrailStep {
  readonly use: NodeId;
  readonly scope: Scope;
}

/** The link that is being dragged: sockets show whether they take it. */
export interface Linking {
  /** The end that is held fast; the other one is looked for. */
  readonly side: "input" | "output";
  readonly node: NodeId;
  readonly type: string;
  /** Nodes that must not be linked to, because that would close a circle. */
  readonly closed: ReadonlySet<NodeId>;
  /** Whether it is held at the border of a subgraph, where it would lead outside. */
  readonly isAtBorder?: boolean;
}

export interface ViewState {
  /** The camera at rest; while it moves only the canvas knows (`canvas/camera.ts`). */
  readonly camera: Camera;
  readonly selection: ReadonlySet<ItemKey>;
  /** The node that the keyboard is at (roving focus). */
  readonly focused: NodeId | undefined;
  readonly hovered: ItemKey | undefined;
  readonly linking: Linking | undefined;
  /** The node whose title is being typed. */
  readonly renaming: NodeId | undefined;
  /** The way into the subgraph that is shown; empty at the root. */
  readonly trail: readonly TrailStep[];
  /** Cameras of scopes that are not shown. */
  readonly cameras: Readonly<Record<Scope, Camera>>;
  /** Ctrl+Shift+1..9 */
  readonly bookmarks: Readonly<Record<string, Camera>>;
}

export type ViewStore = StoreApi<ViewState>;
export const HOME: Camera = { x: 0, y: 0, z: 1 };

export function createView(initial: Partial<ViewState> = {}): ViewStore {
  return createStore<ViewState>(() => ({
    camera: HOME,
    selection: new Set(),
    focused: undefined,
    hovered: undefined,
    linking: undefined,
    renaming: undefined,
    trail: [],
    cameras: {},
    bookmarks: {},
    ...initial,
  }));
}

/** The graph that is shown. */
export function scopeOf(view: ViewState): Scope {
  return view.trail.at(-1)?.scope ?? ROOT;
}

/** The nodes that are selected. */
export function selectedNodes(view: ViewState): NodeId[] {
  return [...view.selection].flatMap((key) => (key.startsWith("node:") ? [key.slice(5)] : []));
}

/** Select exactly these items. */
export function select(view: ViewStore, items: Iterable<ItemKey>): void {
  const selection = new Set(items);
  const old = view.getState().selection;
  if (selection.size !== old.size || [...selection].some((key) => !old.has(key)))
    view.setState({ selection });
}

/** Show the subgraph that a node stands for. */
export function enter(view: ViewStore, use: NodeId, scope: Scope): void {
  view.setState((state) => moved(state, [...state.trail, { use, scope }]));
}

/** Go back up until the trail has this length; 0 is the root. */
export function leaveTo(view: ViewStore, depth: number): void {
  view.setState((state) => (depth < state.trail.length ? moved(state, state.trail.slice(0, depth)) : state));
}

function moved(state: ViewState, trail: readonly TrailStep[]): Partial<ViewState> {
  const cameras = { ...state.cameras, [scopeOf(state)]: state.camera };
  const scope = trail.at(-1)?.scope ?? ROOT;
  return {
    trail,
    cameras,
    camera: cameras[scope] ?? HOME,
    selection: new Set(),
    focused: undefined,
    hovered: undefined,
  };
}
