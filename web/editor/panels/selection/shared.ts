// Which widgets several nodes share, and what they hold.
import { inputsOf } from "@/catalogue/nodeTypes";
import type { InputType, NodeType } from "@/catalogue/types";
import type { Json } from "@/document/json";
import { writeJson } from "@/document/json";
import { isLink, type NodeId, type WorkflowNode } from "@/document/types";

export interface SharedInput {
  readonly input: InputType;
  readonly nodes: readonly NodeId[];
  /** The value that all hold; undefined if they differ. */
  readonly value: Json | undefined;
  readonly isMixed: boolean;
}

export interface Typed {
  readonly id: NodeId;
  readonly node: WorkflowNode;
  readonly type: NodeType;
}

/** The widgets that all nodes have: same name, same kind. Limits are those that suit all. Linked ones are left out. */
export function sharedInputs(nodes: readonly Typed[]): SharedInput[] {
  const [first, ...others] = nodes;
  if (first === undefined) return [];
  return inputsOf(first.type, first.node).flatMap((input) => {
    if (input.widget === "none") return [];
    const twins = others.map(({ type, node }) =>
      inputsOf(type, node).find((each) => each.name === input.name && each.widget === input.widget),
    );
    if (twins.some((each) => each === undefined)) return [];
    if (nodes.some(({ node }) => isLink(node.inputs[input.name]))) return [];
    const all = [input, ...twins.flatMap((each) => each ?? [])];
    const values = nodes.map(({ node }, at) => node.inputs[input.name] ?? all[at]?.schema.default);
    const isMixed = values.some((each) => text(each) !== text(values[0]));
    return [
      {
        input: { ...input, schema: narrowest(all) },
        nodes: nodes.map(({ id }) => id),
        value: isMixed ? undefined : values[0],
        isMixed,
      },
    ];
  });
}

function text(value: Json | undefined): string {
  return value === undefined ? "" : writeJson(value);
}

function narrowest(inputs: readonly InputType[]): InputType["schema"] {
  const [first, ...others] = inputs.map((each) => each.schema);
  const schema = { ...(first ?? { "x-type": "*" }) };
  for (const other of others) {
    if (other.minimum !== undefined) schema.minimum = Math.max(schema.minimum ?? -Infinity, other.minimum);
    if (other.maximum !== undefined) schema.maximum = Math.min(schema.maximum ?? Infinity, other.maximum);
    if (schema.enum !== undefined && other.enum !== undefined)
      schema.enum = schema.enum.filter((each) => other.enum?.includes(each));
  }
  return schema;
}
