// The node bodies that React draws into the world: which there are, where their frames lie, how they are marked.
import type { NodeId } from "@/document/types";
import { nodeKey, type ViewStore } from "@/view/store";
import type { Bounds } from "./handle";
import { nextMounted } from "./mounting";
import type { Scene } from "./scene";
import { REST_MS, Zooming } from "./zooming";

/** Moves the frames of node bodies by hand; React only hears which of them there are. */
export class NodeBodies {
  /** Nodes whose bodies stay though the camera leaves them, such as those that are dragged. */
  readonly kept = new Set<NodeId>();
  private nodes: readonly NodeId[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly elements = new Map<NodeId, HTMLElement>();
  private readonly zooming = new Zooming();

  constructor(
    private readonly scene: Scene,
    private readonly view: ViewStore,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The nodes that have a body. */
  readonly mounted = (): readonly NodeId[] => this.nodes;

  /** The nodes whose body is in the page already. */
  get attached(): Iterable<NodeId> {
    return this.elements.keys();
  }

  /** The frame of a node body came (or went). */
  attach(id: NodeId, element: HTMLElement | null): void {
    if (element === null) {
      this.elements.delete(id);
      return;
    }
    this.elements.set(id, element);
    this.place(id);
    this.mark(id, element);
  }

  /** Put the frame of a node where the node is. */
  place(id: NodeId): void {
    const element = this.elements.get(id);
    const node = this.scene.nodes.get(id);
    if (element === undefined || node === undefined) return;
    element.style.transform = `translate(${node.x}px, ${node.y}px)`;
    element.style.width = `${node.width}px`;
    element.style.height = `${node.height}px`;
    element.style.zIndex = String(node.rank);
  }

  /** Show which nodes are selected, and which one has the focus. */
  markAll(): void {
    for (const [id, element] of this.elements) this.mark(id, element);
  }

  /** The document changed: place every frame and let React draw the bodies anew. */
  refresh(): void {
    for (const id of this.elements.keys()) this.place(id);
    this.redraw();
  }

  /** Let React draw the bodies anew. */
  redraw(): void {
    this.nodes = [...this.nodes];
    this.tell();
  }

  /** Mount some of the bodies that are due, and drop those that are not; returns after how many milliseconds to draw
   * again because there are more to come, or undefined.
   *
   * While the zoom changes nothing is mounted or dropped: each change would cost a late frame, and most of what comes
   * into view goes again. The canvas draws what has no body.
   */
  mount(shown: Bounds, isNear: boolean): number | undefined {
    if (this.zooming.goesOn(shown.width, performance.now())) return REST_MS;
    const wish = { scene: this.scene, shown, isNear, mounted: this.nodes, kept: this.staying(isNear) };
    const { mounted, hasMore } = nextMounted(wish);
    if (mounted !== this.nodes) {
      this.nodes = mounted;
      this.tell();
    }
    return hasMore ? 0 : undefined;
  }

  /** Bodies that are kept though they left the view, and the nodes that have the focus of the graph or of the page. */
  private staying(isNear: boolean): Set<NodeId> {
    const kept = isNear ? this.nodes.filter((id) => this.kept.has(id)) : [];
    const active = document.activeElement?.closest<HTMLElement>("[data-node]")?.dataset.node;
    const { focused } = this.view.getState();
    return new Set([...kept, ...[focused, active].filter((id) => id !== undefined)]);
  }

  private mark(id: NodeId, element: HTMLElement): void {
    const { selection, focused } = this.view.getState();
    element.toggleAttribute("data-selected", selection.has(nodeKey(id)));
    element.toggleAttribute("data-focused", focused === id);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
