import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DocumentStore } from "@/document/store";
import { ROOT } from "@/document/types";
import { createRun, setNodeRun } from "@/run/store";
import { lookup } from "@/testing/catalogue";
import { pipeline } from "@/testing/documents";
import { FlowClock, flowing } from "./flow";
import { Scene } from "./scene";

function scene(): Scene {
  const made = new Scene({
    document: new DocumentStore(pipeline()),
    lookup: () => lookup,
    scope: () => ROOT,
    hasPicture: () => false,
  });
  made.rebuild();
  return made;
}

const wantsStillness = vi.fn(() => false);
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("matchMedia", () => ({ matches: wantsStillness() }));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("data flows through the links into nodes that run, only while the job does (checklist 27)", () => {
  const run = createRun();
  const job = { id: "j", status: "running", submittedAt: 0 } as const;
  expect(flowing(scene(), run.getState()).size).toBe(0);
  setNodeRun(run, "4", { status: "running" });
  setNodeRun(run, "2", { status: "done" });
  expect(flowing(scene(), run.getState()).size).toBe(0);
  run.setState({ job });
  expect([...flowing(scene(), run.getState())].sort()).toEqual(["4\nsamples", "4\nvae"]);
  setNodeRun(run, "4", { status: "done" });
  expect(flowing(scene(), run.getState()).size).toBe(0);
  setNodeRun(run, "4", { status: "running" });
  run.setState({ job: { ...job, status: "canceled" } });
  expect(flowing(scene(), run.getState()).size).toBe(0);
});

test("links move while something flows, and stand still for people who want no motion (checklist 27)", () => {
  const tick = vi.fn();
  const clock = new FlowClock(tick);
  clock.run(true);
  clock.run(true);
  vi.advanceTimersByTime(50);
  expect(tick).toHaveBeenCalledTimes(1);
  clock.run(true);
  clock.run(false);
  vi.advanceTimersByTime(500);
  expect(tick).toHaveBeenCalledTimes(1);
  wantsStillness.mockReturnValue(true);
  clock.run(true);
  vi.advanceTimersByTime(500);
  expect(tick).toHaveBeenCalledTimes(1);
});
