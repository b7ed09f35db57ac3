import { expect, test } from "vitest";
import { shortBytes, shortSeconds } from "./amounts";

test("times and memory fit into the head of a node (checklist 49)", () => {
  expect([0.421, 3.14, 127.6].map(shortSeconds)).toEqual(["0.42", "3.1", "128"]);
  expect([512, 3_145_728, 24e9, 999_700].map(shortBytes)).toEqual(["512 B", "3.1 MB", "24 GB", "1.0 MB"]);
});
