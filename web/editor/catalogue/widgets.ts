// Which widget edits an input: decided by its schema alone.
import { ANY, membersOf, VALUE_TYPES } from "./sockets";
import type { InputSchema, WidgetKind } from "./types";

const MOST_SEGMENTS = 4;
const MOST_SEGMENT_LETTERS = 26;

/** The widget for the schema of an input. */
export function widgetKind(name: string, schema: InputSchema): WidgetKind {
  if (schema["x-socket"]) return "none";
  if (schema["x-control-after-generate"] && schema.type === "integer") return "seed";
  if (schema["x-files"] === "input") return "image";
  if (schema["x-files"] !== undefined) return "file";
  if (schema.enum !== undefined) return choiceKind(schema.enum);
  switch (schema.type) {
    case "boolean":
      return "switch";
    case "integer":
    case "number":
      return numberKind(schema);
    case "string":
      if (schema["x-multiline"]) return "text";
      return /colou?r/i.test(name) || schema.format === "color" ? "colour" : "line";
    default:
      return isSocketOnly(schema["x-type"]) ? "none" : "json";
  }
}

/** The value that a new node holds, or undefined where the input needs none or must be chosen. */
export function initialValue(schema: InputSchema): InputSchema["default"] {
  if (schema["x-socket"]) return undefined;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.type === "boolean") return false;
  if (schema.type === "string") return "";
  if (schema.type === "integer" || schema.type === "number") return Math.max(0, schema.minimum ?? 0);
  return undefined;
}

function choiceKind(choices: readonly unknown[]): WidgetKind {
  const letters = choices.reduce<number>((sum, each) => sum + String(each).length, 0);
  const isShort = choices.length > 1 && choices.length <= MOST_SEGMENTS && letters <= MOST_SEGMENT_LETTERS;
  return isShort ? "segmented" : "select";
}

function numberKind(schema: InputSchema): WidgetKind {
  const isBounded = schema.minimum !== undefined && schema.maximum !== undefined;
  if (isBounded && (schema["x-slider"] === true || isFraction(schema))) return "slider";
  return schema.type === "integer" ? "integer" : "number";
}

/** A share such as `denoise`: from 0 to 1, or close to it. */
function isFraction({ type, minimum = Number.NaN, maximum = Number.NaN }: InputSchema): boolean {
  return type === "number" && minimum >= -1 && maximum <= 1;
}

function isSocketOnly(type: string): boolean {
  return type === ANY || membersOf(type).every((each) => !VALUE_TYPES.has(each));
}
