import { expect, test } from "vitest";
import { accepts, socketLook } from "./sockets";

test.each([
  ["IMAGE", "IMAGE", true],
  ["IMAGE", "LATENT", false],
  ["*", "LATENT", true],
  ["IMAGE", "*", true],
  ["IMAGE,MASK", "MASK", true],
  ["FLOAT, INT", "INT,BOOLEAN", true],
  ["FLOAT,INT", "STRING", false],
])("an input of %s takes an output of %s: %s", (wanted, received, fits) => {
  expect(accepts(wanted, received)).toBe(fits);
});

test("sockets differ by shape as well as by colour (checklist 22)", () => {
  expect(socketLook("IMAGE").shape).toBe("circle");
  expect(socketLook("INT").shape).toBe("diamond");
  expect(socketLook("IMAGE", true).shape).toBe("square");
  expect(socketLook("*").shape).toBe("ring");
  expect(socketLook("MY_TYPE").colour).toBe(socketLook("MY_TYPE").colour);
  expect(socketLook("MY_TYPE").colour).not.toBe(socketLook("YOUR_TYPE").colour);
});
