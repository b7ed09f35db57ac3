// Puts another node type in the place of a node; links and values that fit stay.
import { inputOf, inputsOf } from "@/catalogue/nodeTypes";
import { accepts } from "@/catalogue/sockets";
import type { InputType, NodeType } from "@/catalogue/types";
import { initialValue } from "@/catalogue/widgets";
import type { GraphIndex } from "@/document/graphIndex";
import type { Json, JsonObject } from "@/document/json";
import { draftAt, isLink, type NodeId, type Scope, type WorkflowDocument } from "@/document/types";
import { disconnect } from "./links";

/** Replace the type of a node. Inputs keep what they hold by name where the kind fits; links that found no input of
 * their name go to the first free one of their type; consumers keep their links by output name, then by type, and lose
 * those that fit nothing. */
export function replaceNode(
  doc: WorkflowDocument,
  scope: Scope,
  id: NodeId,
  types: {
    readonly from: NodeType;
    readonly to: NodeType;
    /** The type of the output that a link comes from, and of the input that it goes to. */
    readonly outputType: (node: NodeId, slot: number) => string;
    readonly inputType: (node: NodeId, input: string) => string;
  },
  index: GraphIndex,
): void {
  const { graph } = draftAt(doc, scope);
  const node = graph[id];
  if (node === undefined) return;
  const outgoing = index.outOf(id);
  const held = node.inputs;
  const wanted = inputsOf(types.to, { ...node, inputs: held });
  const next: JsonObject = {};
  for (const input of types.to.inputs) {
    const value = input.onlyFor.length === 0 ? initialValue(input.schema) : undefined;
    if (value !== undefined) next[input.name] = value;
  }
  const homeless: Json[] = [];
  for (const [name, value] of Object.entries(held)) {
    const input = wanted.find((each) => each.name === name) ?? grown(types.to, name);
    if (isLink(value)) {
      const given = types.outputType(String(value[0]), value[1]);
      if (input !== undefined && accepts(input.type, given)) next[name] = value;
      else homeless.push(value);
    } else if (input !== undefined && suits(input, value)) next[name] = value;
  }
  for (const value of homeless) {
    if (!isLink(value)) continue;
    const given = types.outputType(String(value[0]), value[1]);
    const free = wanted.find(
      (each) => each.widget === "none" && next[each.name] === undefined && accepts(each.type, given),
    );
    if (free !== undefined) next[free.name] = value;
  }
  node.class_type = types.to.id;
  node.inputs = next;
  for (const wire of outgoing) {
    const slot = slotFor(types.from, types.to, wire.slot, types.inputType(wire.to, wire.input));
    const consumer = graph[wire.to];
    if (slot === undefined) disconnect(doc, scope, { node: wire.to, input: wire.input });
    else if (consumer !== undefined) consumer.inputs[wire.input] = [id, slot];
  }
}

function grown(type: NodeType, name: string): InputType | undefined {
  const group = type.growing.find((each) => each.names.includes(name));
  return group && inputOf(name, group.schema, false);
}

/** Whether an input may hold a value: the right kind, one of the choices, within the limits. */
function suits({ schema, widget }: InputType, value: Json): boolean {
  if (widget === "none") return false;
  if (schema.enum !== undefined) return schema.enum.includes(value);
  if (schema.type === "boolean") return typeof value === "boolean";
  if (schema.type === "string") return typeof value === "string";
  if (schema.type === "integer" || schema.type === "number") {
    if (typeof value !== "number" && typeof value !== "bigint") return false;
    return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity);
  }
  return true;
}

function slotFor(from: NodeType, to: NodeType, slot: number, wanted: string): number | undefined {
  const old = from.outputs[slot];
  const fits = to.outputs.map((output) => accepts(wanted, output.type));
  const byName = to.outputs.findIndex((output, at) => fits[at] && output.name === old?.name);
  const byType = to.outputs.findIndex((output, at) => fits[at] && output.type === old?.type);
  const any = [byName, byType, fits.indexOf(true)].find((at) => at >= 0);
  return any;
}
