// Which socket of a node a link can go to, and why one cannot.
import { inputsOf, outputsOf } from "@/catalogue/nodeTypes";
import { ANY, accepts, membersOf } from "@/catalogue/sockets";
import type { InputType, NodeType, OutputType } from "@/catalogue/types";
import { isLink, type WorkflowNode } from "@/document/types";

/** The input of a node that an output of a type goes into best: an exact type before a fitting one, sockets before
 * widgets, free ones before used ones. Undefined if none fits. */
export function bestInput(type: NodeType, node: WorkflowNode, received: string): InputType | undefined {
  const fitting = inputsOf(type, node).filter((each) => accepts(each.type, received));
  const rank = (each: InputType) =>
    (isLink(node.inputs[each.name]) ? 8 : 0) +
    (each.widget === "none" ? 0 : 4) +
    exactness(each.type, received) +
    (each.required ? 0 : 0.5);
  return minBy(fitting, rank);
}

/** The output of a node that goes best into an input of a type. */
export function bestOutput(type: NodeType, wanted: string): { output: OutputType; slot: number } | undefined {
  const fitting = outputsOf(type).map((output, slot) => ({ output, slot }));
  return minBy(
    fitting.filter(({ output }) => accepts(wanted, output.type)),
    ({ output }) => exactness(output.type, wanted),
  );
}

/** How well two fitting types match: 0 the same, 1 a member of a union, 2 anything. */
export function exactness(a: string, b: string): number {
  if (a === b) return 0;
  return a === ANY || b === ANY ? 2 : 1;
}

/** What people mean by turning one type into another, where several node types could. */
const USUAL: ReadonlyMap<string, string> = new Map([
  ["LATENT to IMAGE", "VAEDecode"],
  ["IMAGE to LATENT", "VAEEncode"],
  ["STRING to CONDITIONING", "CLIPTextEncode"],
  ["MASK to IMAGE", "MaskToImage"],
  ["IMAGE to MASK", "ImageToMask"],
]);

/** The node type that turns one type into another, the usual one first: one input and one output of the right types and no other required
 * sockets but those that loaders give. Undefined if there is none. */
export function converter(received: string, wanted: string, types: Iterable<NodeType>): NodeType | undefined {
  const usual = USUAL.get(`${received} to ${wanted}`);
  const found: { type: NodeType; cost: number }[] = [];
  for (const type of types) {
    if (type.id === usual) return type;
    if (type.deprecated || type.origin !== "server") continue;
    const takes = type.inputs.some((each) => each.type === received && each.widget === "none");
    const gives = type.outputs.some((each) => membersOf(wanted).includes(each.type));
    if (!takes || !gives) continue;
    const plugs = type.inputs.filter((each) => each.widget === "none" && each.required).length;
    found.push({ type, cost: 10 * plugs + type.inputs.length + 5 * (type.outputs.length - 1) });
  }
  return minBy(found, ({ cost }) => cost)?.type;
}

/** The first element with the lowest rank. */
export function minBy<T>(items: readonly T[], rank: (item: T) => number): T | undefined {
  let best: T | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const value = rank(item);
    if (value < lowest) [best, lowest] = [item, value];
  }
  return best;
}
