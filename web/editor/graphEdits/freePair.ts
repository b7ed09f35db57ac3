// Which output of one node goes into which free input of another, where somebody only says which two nodes.
import { inputsOf, outputsOf } from "@/catalogue/nodeTypes";
import { accepts } from "@/catalogue/sockets";
import type { NodeType } from "@/catalogue/types";
import { isLink, type WorkflowNode } from "@/document/types";
import { exactness, minBy } from "./matching";

/** A node with its type. */
export interface TypedNode {
  readonly type: NodeType;
  readonly node: WorkflowNode;
}

export interface Pair {
  readonly slot: number;
  readonly input: string;
}

/** The first output that goes into a free input: sockets before widgets, the same type before one that merely fits,
 * then in the order in which they stand on the nodes. Undefined if nothing fits. */
export function freePair(from: TypedNode, to: TypedNode): Pair | undefined {
  const outputs = outputsOf(from.type);
  const free = inputsOf(to.type, to.node).filter((each) => !isLink(to.node.inputs[each.name]));
  const pairs = outputs.flatMap((output, slot) =>
    free.flatMap((input) => (accepts(input.type, output.type) ? [{ output, slot, input }] : [])),
  );
  const best = minBy(
    pairs,
    ({ output, input }) => (input.widget === "none" ? 0 : 4) + exactness(input.type, output.type),
  );
  return best && { slot: best.slot, input: best.input.name };
}
