// JSON without loss: whole numbers beyond 2^53, such as seeds, are kept as `bigint`.

/** A JSON value as documents hold it. */
export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const MARK = "\uE000bigint:"; // a private character: no text that people write starts with it
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LARGE = /^-?\d{16,}$/;
const MARKED = /"\uE000bigint:(-?\d+)"/g;

/** The value of a JSON text. Throws a SyntaxError as `JSON.parse` does. */
export function parseJson(text: string): Json {
  if (!/\d{16}/.test(text)) return JSON.parse(text) as Json;
  const marked = text.replace(TOKENS, (token) => (LARGE.test(token) ? `"${MARK}${token}"` : token));
  return JSON.parse(marked, (_key, value: unknown) => {
    if (typeof value !== "string" || !value.startsWith(MARK)) return value;
    const digits = value.slice(MARK.length);
    const number = Number(digits);
    return Number.isSafeInteger(number) ? number : BigInt(digits);
  }) as Json;
}

/** The JSON text of a value; the inverse of `parseJson`. */
export function writeJson(value: unknown, indent?: number): string {
  let hasBig = false;
  const text = JSON.stringify(
    value,
    (_key, each: unknown) => {
      if (typeof each !== "bigint") return each;
      hasBig = true;
      return `${MARK}${each}`;
    },
    indent,
  );
  return hasBig ? text.replace(MARKED, "$1") : text;
}

/** Whether two JSON values are the same, whatever the order of their keys. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as JsonObject;
  const right = b as JsonObject;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => key in right && sameJson(left[key], right[key]))
  );
}

/** Whether a value is a JSON object: neither a list nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
