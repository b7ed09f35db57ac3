// Adds a node that somebody picked, and links it to the socket that they came from.
import type { NodeType } from "@/catalogue/types";
import { type NodeId, type Point, partAt, type Scope, type WorkflowDocument } from "@/document/types";
import { connect } from "./links";
import { bestInput, bestOutput } from "./matching";
import { addNode } from "./nodes";

export interface SearchedFrom {
  readonly node: NodeId;
  readonly side: "input" | "output";
  readonly name: string;
  readonly slot: number;
  readonly type: string;
}

const SOCKET_DOWN = 52;
const WIDTH = 252;

/** Returns the id of the new node. With a link its first socket comes to lie at the place, else its head. */
export function addSearched(
  doc: WorkflowDocument,
  scope: Scope,
  type: NodeType,
  at: Point,
  from: SearchedFrom | undefined,
): NodeId {
  const [dx, dy] = from === undefined ? [WIDTH / 2, 16] : [from.side === "output" ? 0 : WIDTH, SOCKET_DOWN];
  const id = addNode(doc, scope, type, [Math.round(at[0] - dx), Math.round(at[1] - dy)]);
  const node = partAt(doc, scope)?.graph[id];
  if (from === undefined || node === undefined) return id;
  if (from.side === "output") {
    const input = bestInput(type, node, from.type);
    if (input !== undefined)
      connect(doc, scope, { node: from.node, slot: from.slot }, { node: id, input: input.name });
  } else {
    const output = bestOutput(type, from.type);
    if (output !== undefined)
      connect(doc, scope, { node: id, slot: output.slot }, { node: from.node, input: from.name });
  }
  return id;
}
