// Numbers of inputs: limits, steps, and whole numbers beyond 2^53, which are `bigint`.
import type { InputSchema } from "@/catalogue/types";
import type { Json } from "@/document/json";
import { evaluate } from "./maths";

export type Numeric = number | bigint;

/** A value as a number, or undefined if it is none. */
export function numeric(value: Json | undefined): Numeric | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

/** What somebody typed as a value of an input, within its limits; undefined if it is no number. */
export function readNumber(text: string, schema: InputSchema): Numeric | undefined {
  const plain = text.trim();
  if (schema.type === "integer" && /^-?\d{16,}$/.test(plain)) return clampBig(BigInt(plain), schema);
  const value = evaluate(plain);
  return value === undefined ? undefined : tidy(value, schema);
}

/** A number within the limits of an input, whole if it has to be, without the dust of binary fractions. */
export function tidy(value: number, schema: InputSchema): number {
  const low = schema.minimum ?? Number.NEGATIVE_INFINITY;
  const high = schema.maximum ?? Number.POSITIVE_INFINITY;
  const limited = Math.min(high, Math.max(low, value));
  if (schema.type === "integer") return Math.min(Number.MAX_SAFE_INTEGER, Math.round(limited));
  return Number(limited.toPrecision(12));
}

/** How much one step changes the value. */
export function stepOf(schema: InputSchema): number {
  const step = schema["x-step"];
  if (step !== undefined && step > 0) return step;
  return schema.type === "integer" ? 1 : 0.1;
}

/** A value moved by a number of steps. */
export function stepped(value: Numeric, steps: number, schema: InputSchema): Numeric {
  if (typeof value === "bigint") return clampBig(value + BigInt(Math.round(steps * stepOf(schema))), schema);
  return tidy(onGrid(value + steps * stepOf(schema), schema), schema);
}

/** A number as it is shown: no more digits than the step has, unless the value itself has more. */
export function showNumber(value: Numeric | undefined, schema: InputSchema): string {
  if (value === undefined) return "";
  if (typeof value === "bigint" || schema.type === "integer") return String(value);
  const digits = decimals(stepOf(schema));
  const short = value.toFixed(digits);
  return Number(short) === value ? short : String(value);
}

function onGrid(value: number, schema: InputSchema): number {
  const digits = Math.max(decimals(stepOf(schema)), decimals(value - Math.trunc(value) || 0) > 8 ? 8 : 0);
  return Number(value.toFixed(Math.max(digits, 4)));
}

function decimals(step: number): number {
  const text = String(step);
  const exponent = /e-(\d+)$/.exec(text);
  if (exponent?.[1] !== undefined) return Math.min(12, Number(exponent[1]));
  return Math.min(12, (text.split(".")[1] ?? "").length);
}

function clampBig(value: bigint, { minimum, maximum }: InputSchema): Numeric {
  // The largest seed is no double: limits that round to more than it are meant as 2^64 - 1.
  const high =
    maximum === undefined ? value : maximum >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(Math.floor(maximum));
  const low = minimum === undefined ? value : BigInt(Math.ceil(minimum));
  const limited = value > high ? high : value < low ? low : value;
  const number = Number(limited);
  return Number.isSafeInteger(number) ? number : limited;
}
