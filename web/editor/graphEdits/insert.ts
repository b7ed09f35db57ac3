// Puts a node into a link: output -> node -> input.
import { accepts } from "@/catalogue/sockets";
import type { NodeType } from "@/catalogue/types";
import type { Wire } from "@/document/graphIndex";
import type { NodeId, Scope, WorkflowDocument, WorkflowNode } from "@/document/types";
import { connect } from "./links";
import { bestInput, bestOutput } from "./matching";

/** How a node would go into a link, or undefined if it does not fit. */
export function insertion(
  type: NodeType,
  node: WorkflowNode,
  received: string,
  wanted: string,
): { input: string; slot: number } | undefined {
  const input = bestInput(type, node, received);
  const output = bestOutput(type, wanted);
  if (input === undefined || output === undefined || !accepts(wanted, output.output.type)) return undefined;
  return { input: input.name, slot: output.slot };
}

/** Lead a link through a node. */
export function insertNode(
  doc: WorkflowDocument,
  scope: Scope,
  wire: Wire,
  id: NodeId,
  through: { input: string; slot: number },
): void {
  connect(doc, scope, { node: wire.from, slot: wire.slot }, { node: id, input: through.input });
  connect(doc, scope, { node: id, slot: through.slot }, { node: wire.to, input: wire.input });
}
