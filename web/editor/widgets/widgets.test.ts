import { describe, expect, test } from "vitest";
import type { InputSchema } from "@/catalogue/types";
import { evaluate } from "./maths";
import { readNumber, showNumber, stepped } from "./numbers";
import { afterRun, randomSeed } from "./seeds";
import { weighted } from "./weights";

const SEED: InputSchema = { "x-type": "INT", type: "integer", minimum: 0, maximum: 2 ** 64 };
const CFG: InputSchema = { "x-type": "FLOAT", type: "number", minimum: 0, maximum: 100, "x-step": 0.1 };

test.each([
  ["1024*1.5", 1536],
  ["(512+64)/2", 288],
  ["2^10", 1024],
  ["-3 - -2", -1],
  ["50%", 0.5],
  ["1,5", 1.5],
  ["1e3", 1000],
  ["", undefined],
  ["2 *", undefined],
  ["1/0", undefined],
  ["alert(1)", undefined],
])("%s is %s (checklist 33)", (text, value) => {
  expect(evaluate(text)).toBe(value);
});

describe("numbers (checklist 33)", () => {
  test("stay within their limits and whole where they have to", () => {
    expect(readNumber("1000", CFG)).toBe(100);
    expect(readNumber("-1", SEED)).toBe(0);
    expect(readNumber("7.6", SEED)).toBe(8);
    expect(readNumber("seven", SEED)).toBeUndefined();
  });

  test("seeds beyond 2^53 are read, stepped and limited exactly", () => {
    expect(readNumber("18446744073709551615", SEED)).toBe(18446744073709551615n);
    expect(readNumber("99999999999999999999", SEED)).toBe(18446744073709551615n);
    expect(stepped(18446744073709551614n, 1, SEED)).toBe(18446744073709551615n);
  });

  test("steps leave no dust of binary fractions", () => {
    let value = stepped(0, 1, CFG);
    for (let turn = 0; turn < 2; turn++) value = stepped(value, 1, CFG);
    expect(value).toBe(0.3);
    expect(showNumber(5, CFG)).toBe("5.0");
    expect(showNumber(1.25, CFG)).toBe("1.25");
  });
});

test("after a run a seed is new, or one more, or one less, or the same", () => {
  expect(afterRun(7, "fixed", SEED)).toBe(7);
  expect(afterRun(7, "increment", SEED)).toBe(8);
  expect(afterRun(0, "decrement", SEED)).toBe(0);
  for (let turn = 0; turn < 100; turn++) expect(Number.isSafeInteger(randomSeed(SEED))).toBe(true);
});

test("the weight of words goes up and down, and brackets go when it is 1", () => {
  const up = weighted("a red castle", 2, 5, 0.1);
  expect(up.text).toBe("a (red:1.1) castle");
  expect(weighted(up.text, up.start, up.end, 0.1).text).toBe("a (red:1.2) castle");
  expect(weighted(up.text, up.start, up.end, -0.1).text).toBe("a red castle");
  expect(weighted("a castle", 4, 4, 0.1).text).toBe("a (castle:1.1)");
});
