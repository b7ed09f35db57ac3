// New seeds, and what happens to inputs after each run (`after_run` in the layout of a node).
import type { InputSchema } from "@/catalogue/types";
import type { Json } from "@/document/json";
import type { AfterRun } from "@/document/types";
import { numeric, stepped } from "./numbers";

/** A seed by chance: at most 2^48, so that it stays exact and readable everywhere. */
export function randomSeed({ minimum = 0, maximum = 2 ** 48 }: InputSchema): number {
  const low = Math.ceil(minimum);
  const high = Math.min(maximum, 2 ** 48);
  const [a = 0, b = 0] = crypto.getRandomValues(new Uint32Array(2));
  const share = (a * 2 ** 16 + (b >>> 16)) / 2 ** 48;
  return low + Math.floor(share * (high - low));
}

/** The value that an input has after a run. */
export function afterRun(value: Json | undefined, habit: AfterRun, schema: InputSchema): Json | undefined {
  if (habit === "randomize") return randomSeed(schema);
  const current = numeric(value);
  if (habit === "fixed" || current === undefined) return value;
  return stepped(current, habit === "increment" ? 1 : -1, schema);
}
