// Definitions and the nodes that stand for them: who uses which, across all graphs of a document.
import { draftAt, type Graph, type NodeId, ROOT, type Scope, type WorkflowDocument } from "@/document/types";

export interface Use {
  readonly scope: Scope;
  readonly node: NodeId;
}

/** Every graph of a document: the root, and each definition. */
export function scopesOf(doc: WorkflowDocument): Scope[] {
  return [ROOT, ...Object.keys(doc.subgraphs ?? {})];
}

/** The nodes that stand for a definition, wherever they are. */
export function usesOf(doc: WorkflowDocument, definition: Scope): Use[] {
  return scopesOf(doc).flatMap((scope) =>
    Object.entries(draftFree(doc, scope).graph).flatMap(([node, { class_type }]) =>
      class_type === definition ? [{ scope, node }] : [],
    ),
  );
}

/** Take away definitions that nobody uses any more, those that only they used included. */
export function dropUnused(doc: WorkflowDocument, candidate: Scope): void {
  const definition = doc.subgraphs?.[candidate];
  if (definition === undefined || doc.subgraphs === undefined || usesOf(doc, candidate).length > 0) return;
  const inner = new Set(Object.values(definition.graph).map((node) => node.class_type));
  delete doc.subgraphs[candidate];
  for (const each of inner) dropUnused(doc, each);
}

/** Whether a definition would hold itself if it were used in a graph. */
export function wouldNest(doc: WorkflowDocument, definition: Scope, inScope: Scope): boolean {
  if (inScope === ROOT) return false;
  const seen = new Set<Scope>();
  const waiting = [definition];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (each === inScope) return true;
    if (seen.has(each)) continue;
    seen.add(each);
    for (const node of Object.values(doc.subgraphs?.[each]?.graph ?? {})) {
      if (doc.subgraphs?.[node.class_type] !== undefined) waiting.push(node.class_type);
    }
  }
  return false;
}

/** Whether some node of a graph stands for a definition that would hold itself if it were used in another graph. */
export function nestsItself(doc: WorkflowDocument, graph: Graph, inScope: Scope): boolean {
  return Object.values(graph).some(
    ({ class_type }) => doc.subgraphs?.[class_type] !== undefined && wouldNest(doc, class_type, inScope),
  );
}

/** A graph for reading, without making a layout. */
function draftFree(doc: WorkflowDocument, scope: Scope) {
  return scope === ROOT ? doc : (doc.subgraphs?.[scope] ?? draftAt(doc, scope));
}
