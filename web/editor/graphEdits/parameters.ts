// The form of a document: inputs that have a name of their own (`layout.parameters`), in an order.
import { inputsOf, type TypeLookup, typeOfNode } from "@/catalogue/nodeTypes";
import type { InputType } from "@/catalogue/types";
import {
  draftAt,
  isLink,
  type NodeId,
  type Parameter,
  ROOT,
  titleOf,
  type WorkflowDocument,
} from "@/document/types";
import { freeName } from "./promoting";

export interface FormEntry {
  readonly name: string;
  readonly parameter: Parameter;
}

/** The entries of the form, in their order. */
export function formEntries(doc: WorkflowDocument): FormEntry[] {
  return Object.entries(doc.layout?.parameters ?? {})
    .map(([name, parameter], at) => ({ name, parameter, at }))
    .sort((a, b) => orderOf(a.parameter, a.at) - orderOf(b.parameter, b.at) || a.at - b.at);
}

function orderOf({ order }: Parameter, at: number): number {
  return typeof order === "number" ? order : at;
}

/** The name of an input in the form, or undefined if it is not in it. */
export function nameInForm(doc: WorkflowDocument, node: NodeId, input: string): string | undefined {
  return Object.entries(doc.layout?.parameters ?? {}).find(
    ([, each]) => each.node === node && each.input === input,
  )?.[0];
}

/** Put an input into the form, at its end; returns its name there. */
export function addToForm(
  doc: WorkflowDocument,
  node: NodeId,
  input: string,
  wish: { readonly label?: string; readonly nodeTitle?: string } = {},
): string {
  const there = nameInForm(doc, node, input);
  if (there !== undefined) return there;
  const { layout } = draftAt(doc, ROOT);
  layout.parameters ??= {};
  const plain = wish.label ?? input;
  const taken = Object.keys(layout.parameters);
  const wanted = taken.includes(plain) && wish.nodeTitle ? `${wish.nodeTitle} ${plain}` : plain;
  const name = freeName(wanted, taken);
  layout.parameters[name] = { node, input, order: taken.length };
  number(doc);
  return name;
}

/** Take an input out of the form. */
export function removeFromForm(doc: WorkflowDocument, name: string): void {
  delete draftAt(doc, ROOT).layout.parameters?.[name];
}

/** Give an entry another name. */
export function renameInForm(doc: WorkflowDocument, name: string, wanted: string): void {
  const { parameters } = draftAt(doc, ROOT).layout;
  const parameter = parameters?.[name];
  if (parameters === undefined || parameter === undefined || wanted === "" || wanted === name) return;
  number(doc);
  parameters[freeName(wanted, Object.keys(parameters))] = { ...parameter };
  delete parameters[name];
}

/** Put an entry one place earlier or later. */
export function moveInForm(doc: WorkflowDocument, name: string, by: -1 | 1): void {
  number(doc);
  const entries = formEntries(doc);
  const at = entries.findIndex((each) => each.name === name);
  const [one, other] = [entries[at]?.parameter, entries[at + by]?.parameter];
  if (one === undefined || other === undefined) return;
  [one.order, other.order] = [other.order, one.order];
}

function number(doc: WorkflowDocument): void {
  for (const [at, { parameter }] of formEntries(doc).entries()) parameter.order = at;
}

/** The input type of an entry; undefined if its node or input is gone. */
export function inputInForm(
  doc: WorkflowDocument,
  { node, input }: Parameter,
  lookup: TypeLookup,
): InputType | undefined {
  const found = doc.graph[node];
  if (found === undefined) return undefined;
  return inputsOf(typeOfNode(found, doc, lookup), found).find((each) => each.name === input);
}

const USUAL = ["image", "text", "prompt", "seed", "noise_seed", "steps", "cfg", "denoise", "width", "height"];

/** The inputs that people change most: prompts, pictures, sizes, seeds, steps. */
export function usualInputs(
  doc: WorkflowDocument,
  lookup: TypeLookup,
): { readonly node: NodeId; readonly input: string; readonly label: string }[] {
  const found = Object.entries(doc.graph).flatMap(([id, node]) => {
    const type = typeOfNode(node, doc, lookup);
    return inputsOf(type, node)
      .filter((input) => input.widget !== "none" && !isLink(node.inputs[input.name]))
      .filter((input) => USUAL.includes(input.name) || input.widget === "text" || input.widget === "image")
      .map((input) => ({ id, input: input.name, widget: input.widget, title: titleOf(node, type.title) }));
  });
  return found
    .sort((a, b) => place(a.input) - place(b.input))
    .map(({ id, input, widget, title }) => ({
      node: id,
      input,
      label: widget === "text" || widget === "image" ? title : input.replaceAll("_", " "),
    }));
}

function place(input: string): number {
  const at = USUAL.indexOf(input);
  return at < 0 ? 1 : at;
}
