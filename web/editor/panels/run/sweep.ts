// Which inputs can be varied, and the values that somebody typed for one.
import { inputsOf, type TypeLookup, typeOfNode } from "@/catalogue/nodeTypes";
import type { InputSchema } from "@/catalogue/types";
import type { Json } from "@/document/json";
import { isLink, titleOf, type WorkflowDocument } from "@/document/types";

export const MOST_COMBINATIONS = 1000;
const MOST_VALUES = 200;
const RANGE = /^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?$/;

export interface SweptInput {
  /** As the server names it: `5.steps`. */
  readonly name: string;
  /** As people know it: `Sampler: steps`. */
  readonly label: string;
  readonly schema: InputSchema;
  readonly value: Json | undefined;
}

/** Every input of the root graph that holds a value. */
export function sweptInputs(doc: WorkflowDocument, lookup: TypeLookup): SweptInput[] {
  return Object.entries(doc.graph).flatMap(([id, node]) => {
    const type = typeOfNode(node, doc, lookup);
    return inputsOf(type, node)
      .filter(({ name, widget }) => widget !== "none" && widget !== "json" && !isLink(node.inputs[name]))
      .map(({ name, schema }) => ({
        name: `${id}.${name}`,
        label: `${titleOf(node, type.title)}: ${name.replaceAll("_", " ")}`,
        schema,
        value: node.inputs[name],
      }));
  });
}

/** What is chosen from, if the values of an input are that. */
export function choicesOf({ enum: choices, type }: InputSchema): readonly Json[] | undefined {
  return choices ?? (type === "boolean" ? [false, true] : undefined);
}

export type Read = { readonly values: readonly Json[] } | { readonly wrong: string };

/** The values of a text: numbers with commas or spaces between them, or as `1..10` and `1..10..3`; texts line by line. */
export function readValues({ type, minimum, maximum }: InputSchema, text: string): Read {
  if (type !== "integer" && type !== "number") {
    return {
      values: unique(
        text
          .split("\n")
          .map((line) => line.trim())
          .filter((line) => line !== ""),
      ),
    };
  }
  const values: number[] = [];
  for (const part of text.split(/[\s,;]+/).filter((each) => each !== "")) {
    const found = numbersOf(part);
    const isWrong = (value: number) =>
      Number.isNaN(value) ||
      (type === "integer" && !Number.isInteger(value)) ||
      value < (minimum ?? Number.NEGATIVE_INFINITY) ||
      value > (maximum ?? Number.POSITIVE_INFINITY);
    if (found.length === 0 || found.length > MOST_VALUES || found.some(isWrong)) return { wrong: part };
    values.push(...found);
  }
  return { values: unique(values) };
}

function numbersOf(part: string): number[] {
  const range = RANGE.exec(part);
  if (range === null) return [Number(part)];
  const [from, to, step] = [Number(range[1]), Number(range[2]), Number(range[3] ?? 1)];
  if (step === 0 || from > to) return [];
  // Counted in whole steps, and written as people would: 0.1..0.5..0.1 has no 0.30000000000000004.
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  return Array.from({ length: Math.min(count, MOST_VALUES + 1) }, (_, at) =>
    Number((from + at * step).toPrecision(12)),
  );
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
