// Tests stand beside what they test: `history.ts`, `history.test.ts`.
import { mergeConfig } from "vite";
import { defineConfig } from "vitest/config";
import base from "./vite.config.mjs";

export default mergeConfig(
  base,
  defineConfig({
    test: {
      environment: "jsdom",
      include: ["**/*.test.{ts,tsx}"],
      setupFiles: ["./testing/setup.ts"],
      pool: "threads",
      maxWorkers: 1,
      isolate: false,
    },
  }),
);
