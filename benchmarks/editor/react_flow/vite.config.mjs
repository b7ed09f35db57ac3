// Builds the page into the folder that the benchmark names.
import { defineConfig } from "vite";

export default defineConfig({ base: "./", build: { assetsInlineLimit: 0 } });
