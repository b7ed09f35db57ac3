// What a definition shows outside: its inputs (promoted widgets among them) and outputs. All uses follow each change.
import type { JsonObject } from "@/document/json";
import {
  type Definition,
  type DefinitionInput,
  draftAt,
  type GraphPart,
  isLink,
  type NodeId,
  type Scope,
  type WorkflowDocument,
} from "@/document/types";
import { disconnect } from "./links";
import { type Use, usesOf } from "./uses";

function definitionAt(doc: WorkflowDocument, id: Scope): Definition {
  const definition = doc.subgraphs?.[id];
  if (definition === undefined) throw new Error(`The document has no subgraph "${id}".`);
  return definition;
}

/** A name that is not taken yet: `text`, `text 2`, … */
export function freeName(wanted: string, taken: Iterable<string>): string {
  const all = new Set(taken);
  if (!all.has(wanted)) return wanted;
  let number = 2;
  while (all.has(`${wanted} ${number}`)) number++;
  return `${wanted} ${number}`;
}

/** The input of a definition that leads to a place inside, or undefined. */
export function inputLeadingTo(
  definition: Definition,
  node: NodeId,
  name: string,
): DefinitionInput | undefined {
  return definition.inputs?.find((each) =>
    each.to.some(([id, input]) => String(id) === node && input === name),
  );
}

/** Show an input of a node inside outside, as a widget or a socket; returns its name outside. */
export function promoteInput(
  doc: WorkflowDocument,
  scope: Scope,
  node: NodeId,
  name: string,
  wish: { readonly label?: string; readonly type?: string } = {},
): string {
  const definition = definitionAt(doc, scope);
  const there = inputLeadingTo(definition, node, name);
  if (there !== undefined) return there.name;
  definition.inputs ??= [];
  const made = freeName(
    wish.label ?? name,
    definition.inputs.map((each) => each.name),
  );
  if (isLink(definition.graph[node]?.inputs[name])) disconnect(doc, scope, { node, input: name });
  definition.inputs.push({
    name: made,
    to: [[node, name]],
    ...(wish.type === undefined ? {} : { type: wish.type }),
  });
  return made;
}

/** Show an input no longer outside: what uses gave it goes, inside its own value holds again. */
export function demoteInput(doc: WorkflowDocument, scope: Scope, name: string): void {
  const definition = definitionAt(doc, scope);
  definition.inputs = (definition.inputs ?? []).filter((each) => each.name !== name);
  for (const use of usesOf(doc, scope)) {
    const { graph, layout } = draftAt(doc, use.scope);
    disconnect(doc, use.scope, { node: use.node, input: name });
    delete graph[use.node]?.inputs[name];
    for (const [key, parameter] of Object.entries(layout.parameters ?? {})) {
      if (parameter.node === use.node && parameter.input === name) delete layout.parameters?.[key];
    }
    forEnclosing(doc, use, name, (owner, input) => {
      input.to = input.to.filter(([id, each]) => !(String(id) === use.node && each === name));
      if (input.to.length === 0) demoteInput(doc, owner, input.name);
    });
  }
}

/** Give an input another name outside; values and links of all uses follow. */
export function renameInput(doc: WorkflowDocument, scope: Scope, from: string, wanted: string): void {
  const definition = definitionAt(doc, scope);
  const input = definition.inputs?.find((each) => each.name === from);
  if (input === undefined || wanted === "" || wanted === from) return;
  const to = freeName(wanted, definition.inputs?.map((each) => each.name) ?? []);
  input.name = to;
  for (const use of usesOf(doc, scope)) {
    const { graph, layout } = draftAt(doc, use.scope);
    const ofNode = layout.nodes?.[use.node];
    for (const held of [
      graph[use.node]?.inputs,
      ofNode?.held_values as JsonObject | undefined,
      ofNode?.after_run as JsonObject | undefined,
      layout.links?.[use.node] as JsonObject | undefined,
    ])
      renameKey(held, from, to);
    for (const parameter of Object.values(layout.parameters ?? {})) {
      if (parameter.node === use.node && parameter.input === from) parameter.input = to;
    }
    forEnclosing(doc, use, from, (_, outer) => {
      outer.to = outer.to.map(([id, name]) => [id, String(id) === use.node && name === from ? to : name]);
    });
  }
}

/** Put an input at another place in the list. */
export function moveInput(doc: WorkflowDocument, scope: Scope, name: string, by: -1 | 1): void {
  const inputs = definitionAt(doc, scope).inputs ?? [];
  const at = inputs.findIndex((each) => each.name === name);
  const [one, other] = [inputs[at], inputs[at + by]];
  if (one === undefined || other === undefined) return;
  inputs[at] = other;
  inputs[at + by] = one;
}

/** Show an output of a node inside outside; returns its number. */
export function promoteOutput(
  doc: WorkflowDocument,
  scope: Scope,
  node: NodeId,
  slot: number,
  wish: { readonly label: string; readonly type?: string },
): number {
  const definition = definitionAt(doc, scope);
  definition.outputs ??= [];
  const { outputs } = definition;
  const there = outputs.findIndex(({ from }) => String(from[0]) === node && from[1] === slot);
  if (there >= 0) return there;
  const name = freeName(
    wish.label,
    outputs.map((each) => each.name),
  );
  outputs.push({ name, from: [node, slot], ...(wish.type === undefined ? {} : { type: wish.type }) });
  return outputs.length - 1;
}

/** Show an output no longer outside; links of uses that began there are cut. */
export function demoteOutput(doc: WorkflowDocument, scope: Scope, at: number): void {
  const definition = definitionAt(doc, scope);
  if (definition.outputs?.[at] === undefined) return;
  definition.outputs.splice(at, 1);
  remapOutputs(doc, scope, (slot) => (slot === at ? undefined : slot > at ? slot - 1 : slot));
}

/** Put an output at another place in the list; links of uses follow. */
export function moveOutput(doc: WorkflowDocument, scope: Scope, at: number, by: -1 | 1): void {
  const outputs = definitionAt(doc, scope).outputs ?? [];
  const [one, other] = [outputs[at], outputs[at + by]];
  if (one === undefined || other === undefined) return;
  outputs[at] = other;
  outputs[at + by] = one;
  remapOutputs(doc, scope, (slot) => (slot === at ? at + by : slot === at + by ? at : slot));
}

/** Give an output another name. */
export function renameOutput(doc: WorkflowDocument, scope: Scope, at: number, name: string): void {
  const output = definitionAt(doc, scope).outputs?.[at];
  if (output !== undefined && name !== "") output.name = name;
}

/** Give the outputs of all uses other numbers; where there is none, links are cut. */
function remapOutputs(
  doc: WorkflowDocument,
  scope: Scope,
  become: (slot: number) => number | undefined,
): void {
  for (const use of usesOf(doc, scope)) {
    const { graph } = draftAt(doc, use.scope);
    for (const [id, node] of Object.entries(graph)) {
      for (const [input, value] of Object.entries(node.inputs)) {
        if (!isLink(value) || String(value[0]) !== use.node) continue;
        const slot = become(value[1]);
        if (slot === undefined) disconnect(doc, use.scope, { node: id, input });
        else node.inputs[input] = [use.node, slot];
      }
    }
    const outer = doc.subgraphs?.[use.scope];
    for (let at = (outer?.outputs?.length ?? 0) - 1; at >= 0; at--) {
      const output = outer?.outputs?.[at];
      if (output === undefined || String(output.from[0]) !== use.node) continue;
      const slot = become(output.from[1]);
      if (slot === undefined) demoteOutput(doc, use.scope, at);
      else output.from = [use.node, slot];
    }
  }
}

/** The inputs of the definition around a use that lead to one of its inputs. */
function forEnclosing(
  doc: WorkflowDocument,
  use: Use,
  name: string,
  change: (owner: Scope, input: DefinitionInput) => void,
): void {
  const outer = doc.subgraphs?.[use.scope];
  for (const input of [...(outer?.inputs ?? [])]) {
    if (input.to.some(([id, each]) => String(id) === use.node && each === name)) change(use.scope, input);
  }
}

function renameKey(held: JsonObject | undefined, from: string, to: string): void {
  const value = held?.[from];
  if (held === undefined || value === undefined) return;
  delete held[from];
  held[to] = value;
}

/** The names outside of the inputs and outputs of a node that its definition shows. */
export function shownOutside(
  part: GraphPart | Definition,
  node: NodeId,
): { inputs: ReadonlyMap<string, string>; outputs: ReadonlyMap<number, string> } {
  const inputs = new Map<string, string>();
  const outputs = new Map<number, string>();
  const definition = part as Definition;
  for (const { name, to } of definition.inputs ?? [])
    for (const [id, input] of to) if (String(id) === node) inputs.set(input, name);
  for (const { name, from } of definition.outputs ?? [])
    if (String(from[0]) === node) outputs.set(from[1], name);
  return { inputs, outputs };
}
