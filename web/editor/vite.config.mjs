// Builds the editor into web/dist, which the server serves at `/`. `npm run dev` asks a server on port 8188.
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const server = process.env.LATENTLOOM_SERVER ?? "http://127.0.0.1:8188";
const proxied = { target: server, changeOrigin: true, ws: true };

export default defineConfig({
  root: here,
  base: "/",
  resolve: { alias: { "@": here.replace(/\/$/, "") } },
  plugins: [react()],
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
