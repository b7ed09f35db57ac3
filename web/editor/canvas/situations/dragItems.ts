// Moves what is selected: nodes, notes, groups with their nodes.
import type { Wire } from "@/document/graphIndex";
import { draftAt, type NodeId, type Point } from "@/document/types";
import { copyOf, paste } from "@/graphEdits/clipboard";
import { rejoinGroups } from "@/graphEdits/groups";
import { insertion, insertNode } from "@/graphEdits/insert";
import { connect, disconnect } from "@/graphEdits/links";
import { healing, placeNodes } from "@/graphEdits/nodes";
import { type ItemKey, itemOf, nodeKey, select } from "@/view/store";
import type { Engine } from "../engine";
import { ALIGN_PX, alignment } from "../guides";
import type { Bounds } from "../handle";
import { wireAt } from "../hit";
import type { SceneWire } from "../scene";
import { union } from "../spatial";
import type { PointerPlace, Situation } from "./situation";

const GRID = 12;
/** More nodes than these are aligned with nothing: they are the graph themselves. */
const MOST_ALIGNED = 60;

/** Drags the selection. With Alt from the start a copy is dragged; Alt pressed on the way pulls the nodes out of their
 * chain. A node that is dropped on a link goes into it. Shift holds to the grid, or lets go of it. */
export class DragItems implements Situation {
  readonly cursor = "grabbing";
  readonly pansAtEdge = true;
  private readonly nodes: Map<NodeId, Point>;
  private readonly furniture: ItemKey[];
  private readonly isCopy: boolean;
  /** Around the nodes as they were. */
  private readonly box: Bounds | undefined;
  private by: Point = [0, 0];
  private target: { wire: SceneWire; through: { input: string; slot: number } } | undefined;
  private pullsOut = false;

  constructor(
    private readonly engine: Engine,
    private readonly start: PointerPlace,
  ) {
    this.isCopy = start.alt;
    if (this.isCopy) duplicateInPlace(engine);
    const { selection } = engine.tab.view.getState();
    this.furniture = [...selection].filter((key) => !key.startsWith("node:"));
    this.nodes = placesOf(engine, selection);
    for (const id of this.nodes.keys()) engine.bodies.kept.add(id);
    const boxes = [...this.nodes.keys()].flatMap((id) => engine.scene.nodes.get(id) ?? []);
    this.box = boxes.length > MOST_ALIGNED ? undefined : union(boxes);
  }

  move(place: PointerPlace): undefined {
    const isSnapping = this.engine.app.ui.getState().snap !== place.shift;
    this.by = isSnapping ? this.gridded(place) : this.aligned(place);
    this.pullsOut = place.alt && !this.isCopy;
    for (const [id, [x, y]] of this.nodes) this.engine.moveNode(id, x + this.by[0], y + this.by[1]);
    this.engine.scene.updateWirePoints(this.nodes.keys());
    moveFurniture(this.engine, this.furniture, this.by);
    this.target = this.insertionAt(place);
    this.engine.stressed = new Set(this.target === undefined ? [] : [this.target.wire.key]);
    this.engine.faded = new Set(this.pullsOut ? this.chainWires() : []);
    this.engine.kick();
  }

  up(): void {
    const { document } = this.engine.tab;
    const { t } = this.engine.app;
    const label = this.isCopy ? t("canvas.duplicated") : t("canvas.moved");
    document.edit(label, (draft) => {
      const scope = this.engine.scene.scope;
      placeNodes(
        draft,
        scope,
        [...this.nodes].map(([id, [x, y]]) => [id, [x + this.by[0], y + this.by[1]]] as const),
      );
      const { layout } = draftAt(draft, scope);
      this.commitFurniture(layout);
      const boxes = [...this.nodes.keys()].flatMap((id) => {
        const node = this.engine.scene.nodes.get(id);
        return node === undefined ? [] : [[id, node] as const];
      });
      const groups = this.furniture.filter((key) => key.startsWith("group:")).map((key) => itemOf(key).id);
      rejoinGroups(layout, new Map(boxes), new Set(groups));
    });
    if (this.pullsOut) this.pullOut();
    if (this.target !== undefined) this.insert(this.target);
    document.commit();
    this.end();
  }

  cancel(): void {
    if (this.isCopy) this.engine.tab.document.cancel();
    else {
      for (const [id, [x, y]] of this.nodes) this.engine.moveNode(id, x, y);
      this.engine.scene.updateWirePoints(this.nodes.keys());
      moveFurniture(this.engine, this.furniture, [0, 0]);
    }
    this.end();
  }

  private offset({ world }: PointerPlace): Point {
    return [world[0] - this.start.world[0], world[1] - this.start.world[1]];
  }

  /** Moved so that the first node lies on the grid. */
  private gridded(place: PointerPlace): Point {
    const [dx, dy] = this.offset(place);
    const first = this.nodes.values().next().value;
    if (first === undefined) return [dx, dy];
    const snap = (value: number) => Math.round(value / GRID) * GRID;
    return [snap(first[0] + dx) - first[0], snap(first[1] + dy) - first[1]];
  }

  /** Moved so that what is dragged is aligned with the nodes in view; lines show with which. */
  private aligned(place: PointerPlace): Point {
    const { scene, shown, camera } = this.engine;
    const [dx, dy] = this.offset(place);
    const own = this.box;
    if (own === undefined) return [dx, dy];
    const others = [...scene.grid.near(shown)].flatMap((id) =>
      this.nodes.has(id) ? [] : (scene.nodes.get(id) ?? []),
    );
    const { by, guides } = alignment({ ...own, x: own.x + dx, y: own.y + dy }, others, ALIGN_PX / camera.z);
    this.engine.overlay = guides.length === 0 ? {} : { guides };
    return [dx + by[0], dy + by[1]];
  }

  /** The link that the dragged node would go into. Only free nodes go into links. */
  private insertionAt(place: PointerPlace): DragItems["target"] {
    const { scene, camera, app } = this.engine;
    const [id] = this.nodes.keys();
    if (
      this.nodes.size !== 1 ||
      id === undefined ||
      scene.index.into(id).size > 0 ||
      scene.index.outOf(id).length > 0
    )
      return undefined;
    const node = scene.nodes.get(id);
    const options = { zoom: camera.z, style: app.ui.getState().linkStyle };
    const middle: Point | undefined = node && [node.x + node.width / 2, node.y + node.height / 2];
    for (const [x, y] of [place.world, ...(middle === undefined ? [] : [middle])]) {
      const hit = wireAt(scene, x, y, options);
      if (hit?.kind !== "wire" || node === undefined) continue;
      const { wire } = hit.wire;
      const through = insertion(node.type, node.node, hit.wire.type, scene.inputType(wire.to, wire.input));
      if (through !== undefined) return { wire: hit.wire, through };
    }
    return undefined;
  }

  private insert({ wire, through }: NonNullable<DragItems["target"]>): void {
    const { tab, scene, app } = this.engine;
    const [id] = this.nodes.keys();
    if (id === undefined) return;
    tab.document.edit(app.t("canvas.inserted"), (draft) =>
      insertNode(draft, scene.scope, wire.wire, id, through),
    );
  }

  private chain(): { wires: Wire[]; healed: { from: Wire; to: Wire }[] } {
    const { scene } = this.engine;
    const ids = [...this.nodes.keys()];
    const own = new Set(ids);
    const wires = ids.flatMap((id) => [
      ...[...scene.index.into(id).values()].filter((wire) => !own.has(wire.from)),
      ...scene.index.outOf(id).filter((wire) => !own.has(wire.to)),
    ]);
    const typeOf = (id: NodeId) => {
      const node = scene.nodes.get(id);
      if (node === undefined) throw new Error(`Node ${id} is not on the canvas.`);
      return node.type;
    };
    return { wires, healed: healing(ids, scene.index, typeOf) };
  }

  private chainWires(): string[] {
    return this.chain().wires.map((wire) => `${wire.to}\n${wire.input}`);
  }

  private pullOut(): void {
    const { wires, healed } = this.chain();
    const { tab, scene, app } = this.engine;
    tab.document.edit(app.t("canvas.pulledOut"), (draft) => {
      for (const wire of wires) disconnect(draft, scene.scope, { node: wire.to, input: wire.input });
      for (const { from, to } of healed) {
        connect(draft, scene.scope, { node: from.from, slot: from.slot }, { node: to.to, input: to.input });
      }
    });
  }

  private commitFurniture(layout: ReturnType<typeof draftAt>["layout"]): void {
    for (const key of this.furniture) {
      const { kind, id } = itemOf(key);
      const note = layout.notes?.[id];
      const group = layout.groups?.[id];
      if (kind === "note" && note !== undefined) note.position = shifted(note.position, this.by);
      if (kind === "group" && group !== undefined) {
        const [x, y, width, height] = group.bounds;
        group.bounds = [...shifted([x, y], this.by), width, height];
      }
    }
  }

  private end(): void {
    this.engine.overlay = {};
    this.engine.bodies.kept.clear();
    this.engine.stressed = new Set();
    this.engine.faded = new Set();
    this.engine.kick();
  }
}

function shifted([x, y]: Point, [dx, dy]: Point): Point {
  return [Math.round(x + dx), Math.round(y + dy)];
}

/** Where the selected nodes are, those of selected groups included; pinned nodes stay. */
function placesOf(engine: Engine, selection: ReadonlySet<ItemKey>): Map<NodeId, Point> {
  const places = new Map<NodeId, Point>();
  const add = (id: NodeId) => {
    const node = engine.scene.nodes.get(id);
    if (node !== undefined && !node.layout.pinned) places.set(id, [node.x, node.y]);
  };
  for (const key of selection) {
    const { kind, id } = itemOf(key);
    if (kind === "node") add(id);
    else if (kind === "group")
      for (const member of engine.scene.groups.get(id)?.group.nodes ?? []) add(member);
  }
  return places;
}

function moveFurniture(engine: Engine, keys: readonly ItemKey[], [dx, dy]: Point): void {
  if (keys.length === 0) return;
  const { scene } = engine;
  for (const key of keys) {
    const { kind, id } = itemOf(key);
    const note = scene.notes.get(id);
    const group = scene.groups.get(id);
    if (kind === "note" && note !== undefined)
      Object.assign(note, { x: note.note.position[0] + dx, y: note.note.position[1] + dy });
    if (kind === "group" && group !== undefined) {
      Object.assign(group, { x: group.group.bounds[0] + dx, y: group.group.bounds[1] + dy });
    }
  }
  engine.furnitureMoved();
}

/** Leave a copy of the selection behind, inside of a gesture that the drag commits. */
function duplicateInPlace({ tab, scene, app }: Engine): void {
  const { selection } = tab.view.getState();
  const nodes = [...selection].flatMap((key) => (key.startsWith("node:") ? [itemOf(key).id] : []));
  if (nodes.length === 0) return;
  const copy = copyOf(tab.document.doc, scene.scope, { nodes });
  tab.document.begin(app.t("canvas.duplicated"));
  const copied = Object.keys(copy.graph); // what is pasted comes in this order
  let made: NodeId[] = [];
  tab.document.edit(app.t("canvas.duplicated"), (draft) => {
    made = paste(draft, scene.scope, copy, { keepsIncoming: true }).nodes;
    placeNodes(
      draft,
      scene.scope,
      made.map((id, at) => [id, positionOf(scene, copied[at])] as const),
    );
  });
  select(tab.view, made.map(nodeKey));
}

function positionOf(scene: Engine["scene"], id: NodeId | undefined): Point {
  const node = id === undefined ? undefined : scene.nodes.get(id);
  return node === undefined ? [0, 0] : [node.x, node.y];
}
