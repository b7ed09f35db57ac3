// The graph that is shown as the canvas sees it: boxes, sockets, link points. Follows the document node by node; a drag
// moves it ahead of the document and commits on release.
import { fromDefinition, type TypeLookup, typeById, typeOfNode } from "@/catalogue/nodeTypes";
import { ANY } from "@/catalogue/sockets";
import type { NodeType } from "@/catalogue/types";
import { type Wire, type WireKey, wireKey } from "@/document/graphIndex";
import type { DocumentChange, DocumentStore } from "@/document/store";
import type {
  GroupId,
  GroupLayout,
  Mode,
  NodeId,
  NodeLayout,
  NoteId,
  NoteLayout,
  Point,
  Scope,
  WorkflowNode,
} from "@/document/types";
import { titleOf } from "@/document/types";
import { pointsOf } from "@/graphEdits/links";
import { HEAD, type NodeShape, shapeOf } from "@/nodes/shape";
import type { Bounds } from "./handle";
import { boxOf } from "./links";
import { SpatialHash } from "./spatial";

/** A node on the canvas. */
export interface SceneNode extends Bounds {
  readonly id: NodeId;
  node: WorkflowNode;
  type: NodeType;
  layout: NodeLayout;
  shape: NodeShape;
  title: string;
  mode: Mode;
  x: number;
  y: number;
  width: number;
  height: number;
  /** Nodes that were touched later lie above. */
  rank: number;
}

/** A link on the canvas. */
export interface SceneWire {
  readonly key: WireKey;
  readonly wire: Wire;
  /** The type of the output, for its colour. */
  type: string;
  /** Output, bends, input. */
  points: Point[];
  box: Bounds;
  isHidden: boolean;
}

export interface SceneNote extends Bounds {
  readonly id: NoteId;
  note: NoteLayout;
}

export interface SceneGroup extends Bounds {
  readonly id: GroupId;
  group: GroupLayout;
}

export interface SceneSource {
  readonly document: DocumentStore;
  readonly lookup: () => TypeLookup;
  readonly scope: () => Scope;
  /** Whether a node has a picture to show now. */
  readonly hasPicture: (id: NodeId) => boolean;
}

const NOTE_SIZE: Point = [220, 120];

/** Everything that is drawn. */
export class Scene {
  readonly nodes = new Map<NodeId, SceneNode>();
  readonly wires = new Map<WireKey, SceneWire>();
  readonly groups = new Map<GroupId, SceneGroup>();
  readonly notes = new Map<NoteId, SceneNote>();
  readonly grid = new SpatialHash();
  private types = new Map<string, NodeType | undefined>();
  private nextRank = 1;

  constructor(private readonly source: SceneSource) {}

  /** Build everything anew: another document, another scope, another catalogue. */
  rebuild(): void {
    this.types = new Map();
    for (const each of [this.nodes, this.wires, this.groups, this.notes]) each.clear();
    this.grid.clear();
    for (const id of Object.keys(this.part.graph)) this.refreshNode(id);
    for (const id of this.nodes.keys()) this.refreshWiresInto(id);
    this.refreshFurniture();
  }

  /** Follow a change of the document. */
  follow({ touched }: DocumentChange): void {
    const part = touched.scopes.get(this.scope);
    if (
      touched.everything ||
      touched.definitions ||
      part?.everything ||
      this.touchesUsed(touched.scopes.keys())
    ) {
      this.rebuild();
      return;
    }
    if (part === undefined) return;
    const changed = new Set([...part.nodes, ...part.layouts]);
    for (const id of [...part.nodes]) for (const wire of this.index.into(id).values()) changed.add(wire.from);
    for (const id of changed) this.refreshNode(id);
    this.refreshWires(changed);
    if (part.furniture) {
      this.refreshFurniture();
      for (const id of this.nodes.keys()) this.refreshWiresInto(id);
    }
  }

  /** Compute the shapes of some nodes again, because their pictures came or went. */
  reshape(ids: Iterable<NodeId>): void {
    const all = new Set(ids);
    for (const id of all) this.refreshNode(id);
    this.refreshWires(all);
  }

  /** Move a node ahead of the document. */
  moveNode(id: NodeId, x: number, y: number): void {
    const node = this.nodes.get(id);
    if (node === undefined) return;
    node.x = x;
    node.y = y;
    this.grid.set(id, node);
  }

  /** Give a node another size ahead of the document. */
  resizeNode(id: NodeId, width: number, height: number): void {
    const node = this.nodes.get(id);
    if (node === undefined) return;
    this.applyShape(node, { ...node.layout, size: [width, height] });
    this.updateWirePoints([id]);
  }

  /** Put a node above all others. */
  raise(id: NodeId): void {
    const node = this.nodes.get(id);
    if (node !== undefined && node.rank !== this.nextRank - 1) node.rank = this.nextRank++;
  }

  /** Compute the points of all links at some nodes, after they moved. */
  updateWirePoints(ids: Iterable<NodeId>): void {
    for (const id of ids) {
      for (const wire of this.index.into(id).values()) this.updateWire(wire);
      for (const wire of this.index.outOf(id)) this.updateWire(wire);
    }
  }

  /** Where the socket of an input is; undefined if it is not shown. */
  inputPoint(id: NodeId, input: string): Point | undefined {
    const node = this.nodes.get(id);
    if (node === undefined) return undefined;
    const socket = node.shape.inputs.find((each) => each.input.name === input);
    return [node.x, node.y + (socket?.y ?? HEAD / 2)];
  }

  /** Where the socket of an output is. */
  outputPoint(id: NodeId, slot: number): Point | undefined {
    const node = this.nodes.get(id);
    return node === undefined
      ? undefined
      : [node.x + node.width, node.y + (node.shape.outputs[slot]?.y ?? HEAD / 2)];
  }

  /** The type of an output, `*` if nobody knows. */
  outputType(id: NodeId, slot: number): string {
    return this.nodes.get(id)?.shape.outputs[slot]?.output.type ?? ANY;
  }

  /** The type of an input, `*` if nobody knows. */
  inputType(id: NodeId, input: string): string {
    return this.nodes.get(id)?.shape.inputs.find((each) => each.input.name === input)?.input.type ?? ANY;
  }

  /** What a hidden link is called at both of its ends: the node that it comes from, and which of its outputs. */
  stubName({ from, slot }: Wire): string {
    const node = this.nodes.get(from);
    const outputs = node?.shape.outputs ?? [];
    const output = outputs.length > 1 ? ` · ${outputs[slot]?.output.name ?? slot}` : "";
    return `${node?.title ?? from}${output}`;
  }

  get index() {
    return this.source.document.index(this.scope);
  }

  get part() {
    return this.source.document.part(this.scope);
  }

  get scope(): Scope {
    return this.source.scope();
  }

  /** The type of a node; those of definitions are made once. */
  typeOf(node: WorkflowNode): NodeType {
    const { doc } = this.source.document;
    const id = node.class_type;
    if (!this.types.has(id)) this.types.set(id, this.typeWithId(id));
    return this.types.get(id) ?? typeOfNode(node, doc, () => undefined);
  }

  private typeWithId(id: string): NodeType | undefined {
    const { doc } = this.source.document;
    const definition = doc.subgraphs?.[id];
    if (definition !== undefined) return fromDefinition(id, definition, doc, this.source.lookup());
    return typeById(id, doc, this.source.lookup());
  }

  private touchesUsed(scopes: Iterable<Scope>): boolean {
    for (const scope of scopes) if (scope !== this.scope && this.types.has(scope)) return true;
    return false;
  }

  private refreshNode(id: NodeId): void {
    const { graph, layout } = this.part;
    const node = graph[id];
    if (node === undefined) {
      this.nodes.delete(id);
      this.grid.delete(id);
      return;
    }
    const known = this.nodes.get(id);
    const ofNode = layout?.nodes?.[id] ?? {};
    const [x, y] = ofNode.position ?? [known?.x ?? 0, known?.y ?? 0];
    const type = this.typeOf(node);
    const made: SceneNode = known ?? ({ id, rank: this.nextRank++ } as SceneNode);
    Object.assign(made, {
      node,
      type,
      layout: ofNode,
      x,
      y,
      title: titleOf(node, type.title),
      mode: ofNode.mode ?? "normal",
    });
    this.nodes.set(id, made);
    this.applyShape(made, ofNode);
  }

  private applyShape(made: SceneNode, layout: NodeLayout): void {
    const used = made.type.origin === "unknown" ? this.index.outOf(made.id).map((wire) => wire.slot) : [];
    const facts = {
      node: made.node,
      type: made.type,
      layout,
      usedSlots: used,
      hasPicture: this.source.hasPicture(made.id),
    };
    made.shape = shapeOf(facts);
    made.width = made.shape.width;
    made.height = made.shape.height;
    this.grid.set(made.id, made);
  }

  private refreshWires(ids: Iterable<NodeId>): void {
    const all = new Set(ids);
    for (const [key, { wire }] of this.wires) if (all.has(wire.to)) this.wires.delete(key);
    for (const id of all) {
      this.refreshWiresInto(id);
      for (const wire of this.index.outOf(id)) this.refreshWiresInto(wire.to);
    }
  }

  private refreshWiresInto(id: NodeId): void {
    for (const wire of this.index.into(id).values()) this.updateWire(wire);
  }

  private updateWire(wire: Wire): void {
    const key = wireKey(wire.to, wire.input);
    const from = this.outputPoint(wire.from, wire.slot);
    const to = this.inputPoint(wire.to, wire.input);
    if (from === undefined || to === undefined) {
      this.wires.delete(key);
      return;
    }
    const { layout } = this.part;
    const points = [from, ...pointsOf(layout, { node: wire.to, input: wire.input }), to];
    const isHidden = layout?.links?.[wire.to]?.[wire.input]?.hidden === true;
    const type = this.outputType(wire.from, wire.slot);
    this.wires.set(key, { key, wire, type, points, box: boxOf(points), isHidden });
  }

  private refreshFurniture(): void {
    const { layout } = this.part;
    this.groups.clear();
    this.notes.clear();
    for (const [id, group] of Object.entries(layout?.groups ?? {})) {
      const [x, y, width, height] = group.bounds;
      this.groups.set(id, { id, group, x, y, width, height });
    }
    for (const [id, note] of Object.entries(layout?.notes ?? {})) {
      const [width, height] = note.size ?? NOTE_SIZE;
      const [x, y] = note.position;
      this.notes.set(id, { id, note, x, y, width, height });
    }
  }
}
