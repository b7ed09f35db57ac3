// Makes node types of what the server tells, of subgraph definitions and of nodes whose type nobody knows.
import type { Json } from "@/document/json";
import {
  type Definition,
  type DefinitionInput,
  type GraphPart,
  isLink,
  type WorkflowDocument,
  type WorkflowNode,
} from "@/document/types";
import { ANY } from "./sockets";
import type { GrowingInput, InputSchema, InputType, NodeType, NodeTypeReply, OutputType } from "./types";
import { widgetKind } from "./widgets";

/** Finds a node type by its id. */
export type TypeLookup = (id: string) => NodeType | undefined;

const GROWING = /^\^(.+)\\\.\((.+)\)\$$/;
const DEEPEST = 32;

/** A node type of the server's catalogue. */
export function fromReply(reply: NodeTypeReply): NodeType {
  const required = new Set(reply.inputs.required ?? []);
  const names = [...new Set([...reply.order, ...Object.keys(reply.inputs.properties)])];
  return {
    id: reply.id,
    title: reply.title,
    category: reply.category,
    description: reply.description,
    isOutput: reply.is_output,
    deprecated: reply.deprecated,
    experimental: reply.experimental,
    source: reply.source,
    inputs: names.flatMap((name) => {
      const schema = reply.inputs.properties[name];
      return schema === undefined ? [] : [inputOf(name, schema, required.has(name))];
    }),
    growing: Object.entries(reply.inputs.patternProperties ?? {}).flatMap(([pattern, schema]) =>
      growingOf(pattern, schema, required),
    ),
    outputs: reply.outputs.map((each) => ({
      name: each.name,
      type: each.type,
      isList: each.is_list,
      help: each.help,
    })),
    origin: "server",
  };
}

/** An input from its schema. */
export function inputOf(name: string, schema: InputSchema, required: boolean): InputType {
  return {
    name,
    type: schema["x-type"],
    widget: widgetKind(name, schema),
    required,
    help: schema.description ?? "",
    schema,
    onlyFor: schema["x-only-for"] ?? [],
  };
}

function growingOf(pattern: string, schema: InputSchema, required: ReadonlySet<string>): GrowingInput[] {
  const [, group, children] = GROWING.exec(pattern) ?? [];
  if (group === undefined || children === undefined) return [];
  const plain = (text: string) => text.replace(/\\(.)/g, "$1");
  const names = children.split("|").map((child) => `${plain(group)}.${plain(child)}`);
  return [
    {
      group: plain(group),
      names,
      minimum: names.filter((name) => required.has(name)).length,
      schema,
      type: schema["x-type"],
    },
  ];
}

/** The type of a node: the server's, that of a definition, or one guessed from the node itself. */
export function typeOfNode(node: WorkflowNode, document: WorkflowDocument, lookup: TypeLookup): NodeType {
  return typeById(node.class_type, document, lookup) ?? guessed(node);
}

/** The type of an id: a definition of the document goes before the server's types. */
export function typeById(
  id: string,
  document: WorkflowDocument,
  lookup: TypeLookup,
  depth = 0,
): NodeType | undefined {
  const definition = document.subgraphs?.[id];
  if (definition !== undefined && depth < DEEPEST)
    return fromDefinition(id, definition, document, lookup, depth);
  return lookup(id);
}

/** A definition as a node type: promoted widgets are edited as the inputs inside are. */
export function fromDefinition(
  id: string,
  definition: Definition,
  document: WorkflowDocument,
  lookup: TypeLookup,
  depth = 0,
): NodeType {
  const inner: TypeLookup = (type) => typeById(type, document, lookup, depth + 1);
  return {
    id,
    title: definition.title || id,
    category: "subgraph",
    description: definition.description ?? "",
    isOutput: Object.values(definition.graph).some((node) => inner(node.class_type)?.isOutput ?? false),
    deprecated: false,
    experimental: false,
    source: "subgraph",
    inputs: (definition.inputs ?? []).map((each) => promoted(each, definition, inner)),
    growing: [],
    outputs: (definition.outputs ?? []).map((each) => {
      const [from, slot] = each.from;
      const source = definition.graph[String(from)];
      const found = source === undefined ? undefined : inner(source.class_type)?.outputs[slot];
      return {
        name: each.name,
        type: each.type ?? found?.type ?? ANY,
        isList: found?.isList ?? false,
        help: each.help ?? "",
      };
    }),
    origin: "subgraph",
  };
}

function promoted(input: DefinitionInput, definition: Definition, lookup: TypeLookup): InputType {
  const [target, name] = input.to[0] ?? [];
  const node = target === undefined ? undefined : definition.graph[String(target)];
  const type = node === undefined ? undefined : lookup(node.class_type);
  const inside = type?.inputs.find((each) => each.name === name) ?? grownInput(type, name);
  const held = node !== undefined && name !== undefined ? node.inputs[name] : undefined;
  const schema: InputSchema = { ...(inside?.schema ?? { "x-type": input.type ?? ANY, "x-socket": true }) };
  if (input.type !== undefined) schema["x-type"] = input.type;
  if (input.help) schema.description = input.help;
  if (held !== undefined && !isLink(held)) schema.default = held;
  return inputOf(input.name, schema, (inside?.required ?? false) && held === undefined);
}

function grownInput(type: NodeType | undefined, name: string | undefined): InputType | undefined {
  const group = type?.growing.find((each) => name !== undefined && each.names.includes(name));
  return group === undefined || name === undefined ? undefined : inputOf(name, group.schema, false);
}

function guessed(node: WorkflowNode): NodeType {
  return {
    id: node.class_type,
    title: node.class_type,
    category: "",
    description: "",
    isOutput: false,
    deprecated: false,
    experimental: false,
    source: "",
    inputs: Object.entries(node.inputs).map(([name, value]) => inputOf(name, guessedSchema(value), false)),
    growing: [],
    outputs: [],
    origin: "unknown",
  };
}

function guessedSchema(value: Json): InputSchema {
  if (isLink(value)) return { "x-type": ANY, "x-socket": true };
  switch (typeof value) {
    case "number":
    case "bigint":
      return { "x-type": "FLOAT", type: "number" };
    case "boolean":
      return { "x-type": "BOOLEAN", type: "boolean" };
    case "string":
      return { "x-type": "STRING", type: "string", "x-multiline": value.length > 60 };
    default:
      return { "x-type": ANY };
  }
}

/** The inputs that a node has now: those of choices that were made, and one more of each group that grows. */
export function inputsOf(type: NodeType, node: WorkflowNode): InputType[] {
  const plain = type.inputs.filter((input) => isThere(input, type, node));
  const grown = type.growing.flatMap((group) => {
    const used = group.names.reduce((last, name, at) => (node.inputs[name] === undefined ? last : at + 1), 0);
    const shown = Math.min(Math.max(used + 1, group.minimum), group.names.length);
    return group.names.slice(0, shown).map((name, at) => inputOf(name, group.schema, at < group.minimum));
  });
  return [...plain, ...grown];
}

function isThere(input: InputType, type: NodeType, node: WorkflowNode): boolean {
  if (input.onlyFor.length === 0) return true;
  const group = input.name.slice(0, input.name.lastIndexOf("."));
  const chosen = node.inputs[group] ?? type.inputs.find((each) => each.name === group)?.schema.default;
  return input.onlyFor.some((each) => each === chosen);
}

/** The outputs that a node has; nodes of unknown types get those that something is linked to. */
export function outputsOf(type: NodeType, usedSlots: Iterable<number> = []): readonly OutputType[] {
  const most = Math.max(-1, ...usedSlots);
  if (most < type.outputs.length) return type.outputs;
  const missing = Array.from({ length: most + 1 - type.outputs.length }, (_, at) => ({
    name: `output ${type.outputs.length + at}`,
    type: ANY,
    isList: false,
    help: "",
  }));
  return [...type.outputs, ...missing];
}

/** The nodes of a graph whose type is neither the server's nor a definition. */
export function unknownNodes(part: GraphPart, document: WorkflowDocument, lookup: TypeLookup): string[] {
  return Object.keys(part.graph).filter((id) => {
    const node = part.graph[id];
    return node !== undefined && typeById(node.class_type, document, lookup) === undefined;
  });
}
