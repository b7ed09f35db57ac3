import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { buildApp, loadCatalogue } from "@/boot";

const REPLY = { digest: "d", nodes: [], replacements: {}, packs: [] };

function answers(...replies: readonly Response[]): void {
  const left = [...replies];
  vi.stubGlobal("fetch", () => Promise.resolve(left.shift()));
}

function refused(code: string): Response {
  return new Response(JSON.stringify({ error: { code, message: "Not now." } }), { status: 429 });
}

describe("loading the node types", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("waits for a server whose worker is still starting", async () => {
    const { app } = buildApp(undefined);
    answers(
      refused("deployment_not_ready"),
      refused("worker_not_ready"),
      new Response(JSON.stringify(REPLY)),
    );
    const loading = loadCatalogue(app, undefined);
    await vi.advanceTimersByTimeAsync(500);
    expect(app.catalogue.getState().status).toBe("loading");
    await vi.advanceTimersByTimeAsync(2000);
    await loading;
    expect(app.catalogue.getState().status).toBe("ready");
  });

  it("tells any other refusal at once", async () => {
    const { app } = buildApp(undefined);
    answers(refused("forbidden"));
    await expect(loadCatalogue(app, undefined)).rejects.toThrow("Not now.");
    expect(app.catalogue.getState()).toMatchObject({ status: "failed", problem: "Not now." });
  });
});
