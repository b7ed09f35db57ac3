// The node types of the server, fetched once and again when the server says that they changed.
import { createStore, type StoreApi } from "zustand/vanilla";
import { fromReply, type TypeLookup } from "./nodeTypes";
import type { CatalogueReply, NodeType } from "./types";

export interface CatalogueState {
  readonly status: "loading" | "ready" | "failed";
  /** Why the catalogue could not be had. */
  readonly problem: string;
  readonly digest: string;
  readonly types: ReadonlyMap<string, NodeType>;
  /** Old type ids that are still understood -> the ids that took their places. */
  readonly replacements: Readonly<Record<string, string>>;
  readonly packs: CatalogueReply["packs"];
}

const NOTHING: CatalogueState = {
  status: "loading",
  problem: "",
  digest: "",
  types: new Map(),
  replacements: {},
  packs: [],
};

export type CatalogueStore = StoreApi<CatalogueState>;

/** An empty catalogue that waits for `takeCatalogue`. */
export function createCatalogue(): CatalogueStore {
  return createStore<CatalogueState>(() => NOTHING);
}

/** Put the server's answer into the store. */
export function takeCatalogue(store: CatalogueStore, reply: CatalogueReply): void {
  store.setState({
    status: "ready",
    problem: "",
    digest: reply.digest,
    types: new Map(reply.nodes.map((each) => [each.id, fromReply(each)])),
    replacements: reply.replacements,
    packs: reply.packs,
  });
}

/** A lookup that follows replacements of old ids. */
export function lookupIn(state: CatalogueState): TypeLookup {
  return (id) => state.types.get(id) ?? state.types.get(state.replacements[id] ?? "");
}
