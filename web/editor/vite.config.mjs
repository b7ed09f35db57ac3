// Builds the editor into web/dist, which the server serves at `/`. `npm run dev` asks a server on port 8188.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const server = process.env.LATENTLOOM_SERVER ?? "http://127.0.0.1:8188";
const proxied = { target: server, changeOrigin: true, ws: true };

/** Writes `X.gz` beside each script and style sheet: the server sends it to whoever takes it. */
function compressed() {
  let folder = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved({ root, build }) {
      folder = resolve(root, build.outDir, build.assetsDir);
    },
    closeBundle() {
      for (const name of readdirSync(folder)) {
        if (/\.(js|css|json|svg)$/.test(name)) {
          writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }));
        }
      }
    },
  };
}

export default defineConfig({
  root: here,
  base: "/",
  resolve: { alias: { "@": here.replace(/\/$/, "") } },
  plugins: [react(), compressed()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    assetsDir: "assets",
    assetsInlineLimit: 0, // the content policy takes no data: addresses
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { "/api": proxied, "/docs": proxied, "/readyz": proxied, "/static": proxied } },
});
