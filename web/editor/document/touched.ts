// Which parts of a document a set of patches changed, so that views redraw only those.
import type { Patch } from "immer";
import { type NodeId, ROOT, type Scope } from "./types";

/** What changed in one graph. */
export interface TouchedPart {
  /** Nodes that were added, removed or changed. */
  readonly nodes: Set<NodeId>;
  /** Nodes whose layout changed (place, size, mode, colour …). */
  readonly layouts: Set<NodeId>;
  /** Whether anything else of the layout changed: link points, groups, notes, parameters. */
  furniture: boolean;
  /** Whether the whole graph or layout was replaced. */
  everything: boolean;
}

export interface Touched {
  /** Whether the whole document may have changed. */
  everything: boolean;
  readonly scopes: Map<Scope, TouchedPart>;
  /** Whether the declared inputs, outputs or titles of definitions changed, or definitions came or went. */
  definitions: boolean;
}

/** What patches touched. */
export function touchedBy(patches: readonly Patch[]): Touched {
  const touched: Touched = { everything: false, scopes: new Map(), definitions: false };
  for (const { path } of patches) {
    if (path[0] === "subgraphs") {
      const [, id, key] = path;
      if (id === undefined || key === undefined) {
        touched.definitions = true;
        if (id !== undefined) partOf(touched, String(id)).everything = true;
        else touched.everything = true;
      } else if (key === "graph" || key === "layout") note(partOf(touched, String(id)), path.slice(2));
      else touched.definitions = true;
    } else if (path[0] === "graph" || path[0] === "layout") note(partOf(touched, ROOT), path);
    else if (path.length === 0) touched.everything = true;
  }
  return touched;
}

function partOf(touched: Touched, scope: Scope): TouchedPart {
  let part = touched.scopes.get(scope);
  if (part === undefined) {
    part = { nodes: new Set(), layouts: new Set(), furniture: false, everything: false };
    touched.scopes.set(scope, part);
  }
  return part;
}

/** @param path starts with `graph` or `layout`. */
function note(part: TouchedPart, path: readonly (string | number)[]): void {
  const [room, second, third] = path;
  if (second === undefined) part.everything = true;
  else if (room === "graph") part.nodes.add(String(second));
  else if (second !== "nodes") part.furniture = true;
  else if (third === undefined) part.everything = true;
  else part.layouts.add(String(third));
}
