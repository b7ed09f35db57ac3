import { expect, test } from "vitest";
import { parseJson, writeJson } from "./json";

test("whole numbers beyond 2^53 are kept", () => {
  const text = '{"seed":18446744073709551615,"small":7,"text":"12345678901234567890"}';
  const value = parseJson(text);
  expect(value).toEqual({ seed: 18446744073709551615n, small: 7, text: "12345678901234567890" });
  expect(writeJson(value)).toBe(text);
});

test("fractions with many digits are numbers, beside large whole numbers too", () => {
  expect(
    parseJson("[0.5833333333333334,1.2345678901234567e-17,-0.1234567890123456789,12345678901234567]"),
  ).toEqual([0.5833333333333334, 1.2345678901234567e-17, -0.12345678901234568, 12345678901234567n]);
});
