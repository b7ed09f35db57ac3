import { expect, test } from "vitest";
import type { InputSchema, WidgetKind } from "./types";
import { initialValue, widgetKind } from "./widgets";

const CASES: [string, InputSchema, WidgetKind][] = [
  ["socket", { "x-type": "IMAGE", "x-socket": true }, "none"],
  ["forced socket", { "x-type": "INT", "x-socket": true }, "none"],
  ["yes or no", { "x-type": "BOOLEAN", type: "boolean" }, "switch"],
  ["few choices", { "x-type": "COMBO", enum: ["disabled", "center"] }, "segmented"],
  ["many choices", { "x-type": "COMBO", enum: ["a", "b", "c", "d", "e"] }, "select"],
  ["long choices", { "x-type": "COMBO", enum: ["a very long choice", "another long choice"] }, "select"],
  ["model file", { "x-type": "COMBO", enum: [], "x-files": "checkpoints" }, "file"],
  ["picture", { "x-type": "COMBO", enum: [], "x-files": "input" }, "image"],
  ["share", { "x-type": "FLOAT", type: "number", minimum: 0, maximum: 1 }, "slider"],
  ["whole number", { "x-type": "INT", type: "integer", minimum: 1, maximum: 10000 }, "integer"],
  ["number", { "x-type": "FLOAT", type: "number", minimum: 0, maximum: 100 }, "number"],
  ["seed", { "x-type": "INT", type: "integer", "x-control-after-generate": true }, "seed"],
  ["line", { "x-type": "STRING", type: "string" }, "line"],
  ["text", { "x-type": "STRING", type: "string", "x-multiline": true }, "text"],
  ["colour", { "x-type": "STRING", type: "string" }, "colour"],
  ["unknown", { "x-type": "FLOAT,INT" }, "json"],
  ["anything", { "x-type": "*" }, "none"],
];

test.each(CASES)("%s is edited by the right widget", (name, schema, kind) => {
  expect(widgetKind(name === "colour" ? "color" : name, schema)).toBe(kind);
});

test("a new node holds the default, else the first choice, else something harmless", () => {
  expect(initialValue({ "x-type": "INT", type: "integer", default: 20 })).toBe(20);
  expect(initialValue({ "x-type": "COMBO", enum: ["a", "b"] })).toBe("a");
  expect(initialValue({ "x-type": "INT", type: "integer", minimum: 3 })).toBe(3);
  expect(initialValue({ "x-type": "IMAGE", "x-socket": true })).toBeUndefined();
});
