import { describe, expect, test, vi } from "vitest";
import { DocumentStore } from "@/document/store";
import { ROOT, type WorkflowDocument } from "@/document/types";
import { createRun, type RunState, setNodeRun } from "@/run/store";
import { lookup } from "@/testing/catalogue";
import { pipeline } from "@/testing/documents";
import type { Palette } from "@/theme/palette";
import type { DotGrid } from "./grid";
import type { Look } from "./look";
import { mapToWorld, mapView, paintMap } from "./minimap";
import { paint } from "./paint";
import { emphasis } from "./reading";
import { Scene } from "./scene";

vi.stubGlobal(
  "Path2D",
  class {
    moveTo() {}
    lineTo() {}
    bezierCurveTo() {}
  },
);

const palette = {
  get: (token: string) => token,
  socket: (type: string) => `socket ${type}`,
  metrics: { link: 2, radius: 9, socket: 12 },
} as unknown as Palette;

/** A canvas that notes what is drawn, with the colour, the width and the opacity of the moment. */
function recorder() {
  const drawn: { what: string; colour: string; width: number; alpha: number; text?: string }[] = [];
  const state = { fillStyle: "", strokeStyle: "", lineWidth: 1, globalAlpha: 1 };
  const note = (what: string, colour: () => string) => (text?: unknown) => {
    const told = typeof text === "string" ? { text } : {};
    drawn.push({ what, colour: colour(), width: state.lineWidth, alpha: state.globalAlpha, ...told });
  };
  const fill = () => state.fillStyle;
  const stroke = () => state.strokeStyle;
  const calls: Record<string, unknown> = {
    fillRect: note("fill", fill),
    fill: note("fill", fill),
    stroke: note("stroke", stroke),
    strokeRect: note("stroke", stroke),
    fillText: note("text", fill),
    drawImage: note("picture", fill),
  };
  const context = new Proxy(state, {
    get: (target, name: string) => calls[name] ?? target[name as keyof typeof state] ?? (() => {}),
  }) as unknown as CanvasRenderingContext2D;
  return { context, drawn };
}

function sceneOf(document: WorkflowDocument = pipeline()): Scene {
  const scene = new Scene({
    document: new DocumentStore(document),
    lookup: () => lookup,
    scope: () => ROOT,
    hasPicture: () => false,
  });
  scene.rebuild();
  return scene;
}

function painted(scene: Scene, more: Partial<Look> = {}) {
  const { context, drawn } = recorder();
  const none = new Set<never>();
  const look: Look = {
    scene,
    palette,
    grid: { paint: () => {} } as unknown as DotGrid,
    ratio: 1,
    zoom: 0.35,
    shown: { x: -1e4, y: -1e4, width: 3e4, height: 3e4 },
    style: "curve",
    selection: none,
    hovered: undefined,
    linking: undefined,
    run: createRun().getState(),
    mounted: none,
    stressed: none,
    faded: none,
    flowing: none,
    thumbnail: () => undefined,
    ...more,
  };
  paint(context, look);
  return drawn;
}

function runWith(id: string, change: Parameters<typeof setNodeRun>[2]): RunState {
  const run = createRun();
  run.setState({ job: { id: "j", status: "running", submittedAt: 0 } });
  setNodeRun(run, id, change);
  return run.getState();
}

describe("links as they are drawn", () => {
  test("those at the pointer are thick and others fade (checklist 25)", () => {
    const scene = sceneOf();
    const stressed = emphasis(scene, "node:4");
    expect([...stressed].sort()).toEqual(["4\nsamples", "4\nvae", "5\nimage"]);
    const strokes = painted(scene, { stressed }).filter(({ colour }) => colour.startsWith("socket"));
    expect(strokes.filter(({ what, width }) => what === "stroke" && width > 3)).toHaveLength(3);
    expect(
      strokes.find(({ colour, what }) => what === "stroke" && colour === "socket MODEL")?.alpha,
    ).toBeLessThan(0.5);
    expect(emphasis(scene, "link:5\nimage")).toEqual(new Set(["5\nimage"]));
  });

  test("those that data flows through are thick (checklist 27)", () => {
    const strokes = painted(sceneOf(), { flowing: new Set(["5\nimage"]) });
    expect(strokes.find(({ what, colour }) => what === "stroke" && colour === "socket IMAGE")).toMatchObject({
      alpha: 0.85,
    });
    expect(
      strokes.filter(({ what, width, alpha }) => what === "stroke" && width > 3 && alpha === 1),
    ).toHaveLength(1);
  });

  test("a hidden one leaves stubs that are named after where it comes from (checklist 26)", () => {
    const document = pipeline();
    document.layout = { ...document.layout, links: { "4": { vae: { hidden: true } } } };
    const texts = painted(sceneOf(document)).flatMap(({ what, text }) =>
      what === "text" && text ? [text] : [],
    );
    expect(texts.filter((text) => text === "Load · VAE")).toHaveLength(2);
    const all = painted(sceneOf(), { style: "hidden" }).flatMap(({ text }) => text ?? []);
    expect(all).toContain("Sample"); // one output needs no name of its own
  });
});

describe("nodes from afar", () => {
  test.each([0.35, 0.18, 0.06])(
    "say at zoom %d that they failed, run or are muted (checklist 32, 43 and 45)",
    (zoom) => {
      const colours = (more: Partial<Look>) =>
        painted(sceneOf(), { zoom, ...more }).map(({ colour }) => colour);
      expect(colours({})).not.toContain("--bad");
      expect(colours({ run: runWith("3", { status: "failed" }) })).toContain("--bad");
      expect(colours({ run: runWith("3", { status: "running" }) })).toContain("--weft");
      expect(colours({ selection: new Set(["node:3"] as const) })).toContain("--warp");
      const muted = pipeline();
      muted.layout = { nodes: { ...muted.layout?.nodes, "3": { position: [640, 0], mode: "mute" } } };
      expect(painted(sceneOf(muted), { zoom }).some(({ alpha }) => alpha === 0.45)).toBe(true);
      muted.layout = { nodes: { ...muted.layout.nodes, "3": { position: [640, 0], mode: "bypass" } } };
      expect(painted(sceneOf(muted), { zoom }).map(({ colour }) => colour)).toContain("--node-bypassed");
    },
  );

  test("show their result", () => {
    const scene = sceneOf();
    const bitmap = { width: 64, height: 64 } as ImageBitmap;
    const drawn = painted(scene, { thumbnail: (id) => (id === "6" ? bitmap : undefined) });
    expect(drawn.filter(({ what }) => what === "picture")).toHaveLength(1);
  });
});

describe("the map (checklist 7)", () => {
  const shown = { x: 0, y: 0, width: 800, height: 600 };

  test("shows nodes in the colour of what they give, errors red, and pulses what runs", () => {
    const scene = sceneOf();
    const fills = (run: RunState, isBright: boolean) => {
      const { context, drawn } = recorder();
      paintMap(context, scene, shown, mapView(scene, shown, 196, 132), { palette, run, isBright });
      return drawn.filter(({ what }) => what === "fill");
    };
    const still = fills(createRun().getState(), true).map(({ colour }) => colour);
    expect(still).toEqual([
      "socket MODEL",
      "socket CONDITIONING",
      "socket LATENT",
      "socket IMAGE",
      "socket IMAGE",
      "--text-faint",
    ]);
    expect(fills(runWith("4", { status: "failed" }), true).map(({ colour }) => colour)).toContain("--bad");
    const bright = fills(runWith("3", { status: "running" }), true).find(({ colour }) => colour === "--weft");
    const dim = fills(runWith("3", { status: "running" }), false).find(({ colour }) => colour === "--weft");
    expect(dim?.alpha).toBeLessThan(bright?.alpha ?? 0);
  });

  test("a place on it is a place in the world", () => {
    const scene = sceneOf();
    const view = mapView(scene, shown, 196, 132);
    const node = scene.nodes.get("6");
    const place = [
      (node?.x ?? 0) * view.scale + view.offset[0],
      (node?.y ?? 0) * view.scale + view.offset[1],
    ] as const;
    expect(mapToWorld(view, [...place])).toEqual([
      expect.closeTo(node?.x ?? 0),
      expect.closeTo(node?.y ?? 0),
    ]);
  });
});
