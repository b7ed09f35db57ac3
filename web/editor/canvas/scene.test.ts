import { describe, expect, test } from "vitest";
import { DocumentStore } from "@/document/store";
import { ROOT } from "@/document/types";
import { connect } from "@/graphEdits/links";
import { placeNodes, removeNodes } from "@/graphEdits/nodes";
import { lookup } from "@/testing/catalogue";
import { pipeline } from "@/testing/documents";
import { hitTest } from "./hit";
import { neighbour } from "./keyboard";
import { nextMounted } from "./mounting";
import { Scene } from "./scene";
import { itemsIn } from "./situations/marquee";
import { circular, snapTarget } from "./snap";

function sceneOf(store = new DocumentStore(pipeline())): { scene: Scene; store: DocumentStore } {
  const scene = new Scene({
    document: store,
    lookup: () => lookup,
    scope: () => ROOT,
    hasPicture: () => false,
  });
  scene.rebuild();
  store.onChange((change) => scene.follow(change));
  return { scene, store };
}

/** Everything that is drawn, as plain data. */
function drawn(scene: Scene) {
  const nodes = [...scene.nodes.values()].map(({ id, x, y, width, height, mode }) => [
    id,
    x,
    y,
    width,
    height,
    mode,
  ]);
  const wires = [...scene.wires.values()].map(({ key, points, type }) => [key, points, type]);
  return { nodes: nodes.sort(), wires: wires.sort() };
}

describe("a scene that follows a document", () => {
  const edits: ((store: DocumentStore) => void)[] = [
    (store) => store.edit("move", (draft) => placeNodes(draft, ROOT, [["3", [900, 400]]])),
    (store) =>
      store.edit("link", (draft) =>
        connect(draft, ROOT, { node: "4", slot: 0 }, { node: "6", input: "images" }),
      ),
    (store) => store.edit("delete", (draft) => removeNodes(draft, ROOT, ["4"], store.index(ROOT))),
    (store) => store.undo(),
    (store) => store.undo(),
    (store) => store.redo(),
  ];

  test("looks after each edit as one that was built anew", () => {
    const { scene, store } = sceneOf();
    for (const edit of edits) {
      edit(store);
      expect(drawn(scene)).toEqual(drawn(sceneOf(store).scene));
    }
  });
});

describe("hit tests", () => {
  const near = { zoom: 1, style: "curve" } as const;

  test("sockets come before nodes, nodes before links, links before nothing", () => {
    const { scene } = sceneOf();
    const output = scene.outputPoint("5", 0) ?? [0, 0];
    const kind = (x: number, y: number) => hitTest(scene, [x, y], near).kind;
    expect(kind(output[0] + 3, output[1])).toBe("socket");
    expect(kind(5 * 320 + 60, 16)).toBe("node");
    const wire = scene.wires.get("6\nimages");
    const { x = 0, y = 0, width = 0, height = 0 } = wire?.box ?? {};
    expect(kind(x + width / 2, y + height / 2)).toBe("wire");
    expect(kind(-500, -500)).toBe("empty");
  });

  test("from afar sockets are not in the way", () => {
    const { scene } = sceneOf();
    const [x, y] = scene.outputPoint("5", 0) ?? [0, 0];
    expect(hitTest(scene, [x - 1, y], { ...near, zoom: 0.2 }).kind).toBe("node");
  });
});

describe("a dragged link", () => {
  const socket = (scene: Scene, node: string, name: string) => {
    const [x, y] = scene.inputPoint(node, name) ?? [0, 0];
    return hitTest(scene, [x, y], { zoom: 1, style: "curve" });
  };

  test("snaps to the nearest socket that takes it within 24 px, and to a node's free one on its body (checklist 18)", () => {
    const { scene } = sceneOf();
    const from = hitTest(scene, scene.outputPoint("2", 0) ?? [0, 0], { zoom: 1, style: "curve" });
    if (from.kind !== "socket") throw new Error("There is no socket.");
    const closed = circular(scene, from.socket);
    const [x, y] = scene.inputPoint("3", "negative") ?? [0, 0];
    expect(snapTarget(scene, from.socket, [x - 20, y], 1, closed)?.socket).toMatchObject({
      node: "3",
      name: "negative",
    });
    expect(snapTarget(scene, from.socket, [x + 126, y + 60], 1, closed)?.socket).toMatchObject({
      node: "3",
      name: "negative",
    });
    expect(snapTarget(scene, from.socket, [5 * 320 + 120, 16], 1, closed)).toBeUndefined();
  });

  test("closes no circle", () => {
    const { scene } = sceneOf();
    const hit = socket(scene, "5", "image");
    if (hit.kind !== "socket") throw new Error("There is no socket.");
    const from = hitTest(scene, scene.outputPoint("5", 0) ?? [0, 0], { zoom: 1, style: "curve" });
    if (from.kind !== "socket") throw new Error("There is no socket.");
    expect(circular(scene, from.socket).has("4")).toBe(true);
    expect(snapTarget(scene, from.socket, hit.at, 1, circular(scene, from.socket))).toBeUndefined();
  });
});

test("a marquee selects what it touches (checklist 31)", () => {
  const { scene } = sceneOf();
  expect(itemsIn(scene, { x: 100, y: -20, width: 400, height: 60 }).sort()).toEqual(["node:1", "node:2"]);
});

test("bodies come nearest to the centre first, a few a frame, and leave when they are out of view", () => {
  const graph = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [String(at + 1), { class_type: "Load", inputs: {} }]),
  );
  const nodes = Object.fromEntries(
    Object.keys(graph).map((id, at) => [
      id,
      { position: [(at % 8) * 280, Math.floor(at / 8) * 160] as [number, number] },
    ]),
  );
  const { scene } = sceneOf(new DocumentStore({ latentloom: 1, graph, layout: { nodes } }));
  const shown = { x: 0, y: 0, width: 2240, height: 800 };
  const first = nextMounted({ scene, shown, isNear: true, mounted: [], kept: new Set() });
  expect(first.mounted).toHaveLength(12);
  expect(first.hasMore).toBe(true);
  let mounted = first.mounted;
  for (let frame = 0; frame < 5; frame++)
    mounted = nextMounted({ scene, shown, isNear: true, mounted, kept: new Set() }).mounted;
  expect(mounted).toHaveLength(40);
  expect(nextMounted({ scene, shown, isNear: false, mounted, kept: new Set(["7"]) }).mounted).toEqual(["7"]);
});

test("the keyboard goes to the nearest node in a direction (checklist 35)", () => {
  const { scene } = sceneOf();
  const boxes = [...scene.nodes.values()].map((node) => ({ id: node.id, bounds: node }));
  expect(neighbour(boxes, "2", "right")).toBe("3");
  expect(neighbour(boxes, "2", "left")).toBe("1");
  expect(neighbour(boxes, "1", "left")).toBeUndefined();
  expect(neighbour(boxes, undefined, "left")).toBe("1");
});
