import { expect, test } from "vitest";
import { choicesOf, readValues } from "./sweep";

const INTEGER = { "x-type": "INT", type: "integer", minimum: 1, maximum: 150 } as const;
const NUMBER = { "x-type": "FLOAT", type: "number", minimum: 0, maximum: 1 } as const;

test("numbers are read with whatever stands between them, and ranges in whole steps", () => {
  expect(readValues(INTEGER, "10, 20 30;20")).toEqual({ values: [10, 20, 30] });
  expect(readValues(INTEGER, "1..4, 10..20..5")).toEqual({ values: [1, 2, 3, 4, 10, 15, 20] });
  expect(readValues(NUMBER, "0.1..0.5..0.1")).toEqual({ values: [0.1, 0.2, 0.3, 0.4, 0.5] });
  expect(readValues(INTEGER, " ")).toEqual({ values: [] });
});

test("what is no value of the input is named", () => {
  expect(readValues(INTEGER, "10, ten")).toEqual({ wrong: "ten" });
  expect(readValues(INTEGER, "10, 151")).toEqual({ wrong: "151" });
  expect(readValues(INTEGER, "2.5")).toEqual({ wrong: "2.5" });
  expect(readValues(INTEGER, "9..1")).toEqual({ wrong: "9..1" });
  expect(readValues({ ...INTEGER, maximum: 1e9 }, "1..1000000")).toEqual({ wrong: "1..1000000" });
});

test("texts are lines, choices are what can be chosen", () => {
  const text = { "x-type": "STRING", type: "string" } as const;
  expect(readValues(text, "a cat, sleeping\n\n a dog \n")).toEqual({ values: ["a cat, sleeping", "a dog"] });
  expect(choicesOf({ "x-type": "BOOLEAN", type: "boolean" })).toEqual([false, true]);
  expect(choicesOf({ "x-type": "COMBO", enum: ["euler", "ddim"] })).toEqual(["euler", "ddim"]);
  expect(choicesOf(text)).toBeUndefined();
});
