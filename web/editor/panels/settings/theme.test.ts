import { expect, test } from "vitest";
import { readTheme } from "./theme";

test("a theme is one JSON or CSS file of tokens (checklist 58)", () => {
  expect(readTheme('{"--warp": "#0af", "canvas": "black", "nested": {}}')).toEqual({
    "--warp": "#0af",
    "--canvas": "black",
  });
  expect(readTheme(":root { --warp: #0af; --node-radius: 2px }")).toEqual({
    "--warp": "#0af",
    "--node-radius": "2px",
  });
});

test("a theme fetches nothing and breaks out of nothing", () => {
  expect(readTheme('{"--warp": "url(https://example.org/x)", "--canvas": "red; } body {"}')).toEqual({});
  expect(readTheme("{ not json")).toEqual({});
});
