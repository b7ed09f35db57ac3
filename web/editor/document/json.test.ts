import { expect, test } from "vitest";
import { parseJson, sameJson, writeJson } from "./json";

test("numbers beyond 2^53 are kept exactly", () => {
  const text = '{"seed":18446744073709551615,"steps":20,"cfg":5.5,"text":"12345678901234567890"}';
  expect(parseJson(text)).toEqual({
    seed: 18446744073709551615n,
    steps: 20,
    cfg: 5.5,
    text: "12345678901234567890",
  });
  expect(writeJson(parseJson(text))).toBe(text);
});

test("long digits inside of texts and fractions are left alone", () => {
  const text = '["a \\" 1234567890123456789, b",0.1234567890123456]';
  expect(parseJson(text)).toEqual(['a " 1234567890123456789, b', 0.1234567890123456]);
});

test("the order of keys means nothing, that of lists does", () => {
  expect(sameJson({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
  expect(sameJson({ b: [1, 2] }, { b: [2, 1] })).toBe(false);
  expect(sameJson({ a: 1 }, { a: 1, b: 2 })).toBe(false);
});
