import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DocumentStore } from "@/document/store";
import { ROOT } from "@/document/types";
import { lookup } from "@/testing/catalogue";
import { pipeline } from "@/testing/documents";
import { createView } from "@/view/store";
import { NodeBodies } from "./bodies";
import { Scene } from "./scene";
import { REST_MS } from "./zooming";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function bodies(): NodeBodies {
  const scene = new Scene({
    document: new DocumentStore(pipeline()),
    lookup: () => lookup,
    scope: () => ROOT,
    hasPicture: () => false,
  });
  scene.rebuild();
  return new NodeBodies(scene, createView());
}

const all = { x: -100, y: -100, width: 3000, height: 1000 };

test("nodes in view have a body, from afar none has (checklist 4)", () => {
  const made = bodies();
  expect(made.mount(all, true)).toBeUndefined();
  expect(made.mounted()).toHaveLength(6);
  made.mount(all, false);
  expect(made.mounted()).toHaveLength(0);
});

test("however late a frame is that sees the zoom change, bodies come when it rests (checklist 4)", () => {
  const made = bodies();
  made.mount({ ...all, width: 100 }, true);
  vi.advanceTimersByTime(1000);
  const wait = made.mount(all, true); // the camera may have been at rest for long
  expect(wait).toBe(REST_MS);
  expect(made.mounted()).toHaveLength(1);
  vi.advanceTimersByTime(wait ?? 0);
  expect(made.mount(all, true)).toBeUndefined();
  expect(made.mounted()).toHaveLength(6);
});
