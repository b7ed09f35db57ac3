// What happens to seeds after each run: `after_run` in the layout of a node.
import type { Json } from "@/document/json";
import { type AfterRun, type GraphPart, isLink, type WorkflowDocument } from "@/document/types";

const LARGEST = 2 ** 50;

/** The largest value of an input, by node type and name; undefined if nobody knows. */
export type LimitOf = (type: string, input: string) => { minimum: number; maximum: number } | undefined;

/** Change a draft as `after_run` says. Linked inputs and fixed ones stay. */
export function applyAfterRun(
  draft: WorkflowDocument,
  limitOf: LimitOf,
  random: () => number = Math.random,
): void {
  for (const part of [draft as GraphPart, ...Object.values(draft.subgraphs ?? {})]) {
    for (const [id, layout] of Object.entries(part.layout?.nodes ?? {})) {
      const node = part.graph[id];
      if (node === undefined || layout.after_run === undefined) continue;
      for (const [input, what] of Object.entries(layout.after_run)) {
        const value = node.inputs[input];
        if (value === undefined || isLink(value)) continue;
        node.inputs[input] = nextValue(value, what, limitOf(node.class_type, input), random);
      }
    }
  }
}

/** Whether any input changes after a run. */
export function changesAfterRun(document: WorkflowDocument): boolean {
  return [document as GraphPart, ...Object.values(document.subgraphs ?? {})].some((part) =>
    Object.entries(part.layout?.nodes ?? {}).some(
      ([id, layout]) =>
        part.graph[id] !== undefined &&
        Object.values(layout.after_run ?? {}).some((each) => each !== "fixed"),
    ),
  );
}

/** The value for the next run. */
export function nextValue(
  value: Json,
  what: AfterRun,
  limits: { minimum: number; maximum: number } | undefined,
  random: () => number,
): Json {
  const minimum = limits?.minimum ?? 0;
  const maximum = Math.min(limits?.maximum ?? LARGEST, LARGEST);
  if (what === "randomize") return minimum + Math.floor(random() * (maximum - minimum + 1));
  if (what === "fixed" || (typeof value !== "number" && typeof value !== "bigint")) return value;
  const next = BigInt(value) + (what === "increment" ? 1n : -1n);
  if (next < BigInt(minimum)) return minimum;
  return next <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(next) : next;
}
