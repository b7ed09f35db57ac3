// The canvas of one tab: two canvases and a layer of node bodies, moved by hand, one frame at a time. React draws node
// bodies and never hears of pan, zoom or drag.
import type { App } from "@/app";
import { lookupIn } from "@/catalogue/store";
import type { NodeId, Point } from "@/document/types";
import { runIn, runPrefix } from "@/run/scoped";
import { Palette } from "@/theme/palette";
import { type Camera, type ItemKey, itemOf, nodeKey, scopeOf, select } from "@/view/store";
import type { Tab } from "@/workspace/tabs";
import { framing, MovingCamera } from "./camera";
import { DotGrid } from "./grid";
import type { Bounds, CanvasHandle, SearchWish } from "./handle";
import type { Hit } from "./hit";
import { type Look, NEAR_ZOOM, type OverlayState } from "./look";
import { nextMounted } from "./mounting";
import { paint } from "./paint";
import { paintOverlay } from "./paintOverlay";
import { emphasis, hasPicture } from "./reading";
import { Scene } from "./scene";
import { union } from "./spatial";

const MOVE_MS = 150;
const REST_MS = 160;
const GLIDE_MS = 200;
/** More nodes than these go to their places at once. */
const MOST_GLIDING = 400;
/** Above this many pixels the backing store is drawn at 1.5 device pixels at most. */
const MOST_PIXELS = 8_000_000;

export interface EngineHost {
  readonly root: HTMLElement;
  readonly below: HTMLCanvasElement;
  readonly world: HTMLElement;
  readonly above: HTMLCanvasElement;
}

/** Draws one tab and answers for it. Input is in pointer.ts. */
export class Engine implements CanvasHandle {
  readonly element: HTMLElement;
  readonly scene: Scene;
  readonly palette = new Palette();
  private readonly grid = new DotGrid();
  readonly camera = new MovingCamera(() => this.moved());
  /** What the situation of the pointer draws over everything. */
  overlay: OverlayState = {};
  /** Links that the situation of the pointer stresses or fades. */
  stressed: ReadonlySet<string> = new Set();
  faded: ReadonlySet<string> = new Set();
  /** Nodes that stay mounted wherever the camera is. */
  readonly kept = new Set<NodeId>();
  /** Where the pointer was last, in page coordinates; undefined if it is not over the canvas. */
  lastPointer: Point | undefined;
  onSearch: ((wish: SearchWish) => void) | undefined;
  /** A double click on something: a subgraph is entered, a note is edited. */
  onOpenItem: ((hit: Hit) => void) | undefined;
  /** A line beside the pointer, in page coordinates. */
  onHint: ((text: string | undefined, at: Point) => void) | undefined;

  private width = 0;
  private height = 0;
  private ratio = 1;
  private frameRequest = 0;
  private restTimer: ReturnType<typeof setTimeout> | undefined;
  private mountedNodes: readonly NodeId[] = [];
  private readonly mountListeners = new Set<() => void>();
  private readonly moveListeners = new Set<() => void>();
  private moveCount = 0;
  private readonly frameListeners = new Set<() => void>();
  private readonly elements = new Map<NodeId, HTMLElement>();
  private readonly stops: (() => void)[] = [];
  private hasOverlay = false;

  constructor(
    readonly app: App,
    readonly tab: Tab,
    readonly host: EngineHost,
  ) {
    this.element = host.root;
    this.scene = new Scene({
      document: tab.document,
      lookup: () => lookupIn(app.catalogue.getState()),
      scope: () => scopeOf(tab.view.getState()),
      hasPicture: (id) => hasPicture(tab, id),
    });
    this.scene.rebuild();
    this.camera.set(tab.view.getState().camera);
    this.listen();
  }

  /** Draw again at the next frame. */
  kick(): void {
    if (this.frameRequest === 0) this.frameRequest = requestAnimationFrame(() => this.draw());
  }

  close(): void {
    cancelAnimationFrame(this.frameRequest);
    clearTimeout(this.restTimer);
    this.tab.view.setState({ camera: this.camera.value });
    for (const stop of this.stops) stop();
  }

  // --- for React: which bodies there are, and their frames ---------------------------------------------------------

  readonly subscribeMounted = (listener: () => void): (() => void) => {
    this.mountListeners.add(listener);
    return () => this.mountListeners.delete(listener);
  };

  readonly mounted = (): readonly NodeId[] => this.mountedNodes;

  /** For what React draws but the engine moves, such as notes: raised by each move of one. */
  readonly subscribeMoves = (listener: () => void): (() => void) => {
    this.moveListeners.add(listener);
    return () => this.moveListeners.delete(listener);
  };

  readonly moves = (): number => this.moveCount;

  /** Notes were moved ahead of the document. */
  furnitureMoved(): void {
    this.moveCount++;
    for (const listener of this.moveListeners) listener();
  }

  /** Tell of each frame that was drawn, for the minimap. */
  onFrame(listener: () => void): () => void {
    this.frameListeners.add(listener);
    return () => this.frameListeners.delete(listener);
  }

  /** The frame of a node body came (or went). */
  attach(id: NodeId, element: HTMLElement | null): void {
    if (element === null) {
      this.elements.delete(id);
      return;
    }
    this.elements.set(id, element);
    this.placeElement(id);
    this.markElement(id, element);
  }

  // --- the handle -------------------------------------------------------------------------------------------------

  toWorld(clientX: number, clientY: number): Point {
    const { left, top } = this.element.getBoundingClientRect();
    return this.camera.toWorld(clientX - left, clientY - top);
  }

  toClient(point: Point): Point {
    const { left, top } = this.element.getBoundingClientRect();
    const [x, y] = this.camera.toScreen(point);
    return [x + left, y + top];
  }

  pointer(): Point {
    if (this.lastPointer !== undefined) return this.toWorld(...this.lastPointer);
    return this.camera.toWorld(this.width / 2, this.height / 2);
  }

  frame(items?: Iterable<ItemKey>): void {
    const all = [...this.scene.nodes.values(), ...this.scene.notes.values(), ...this.scene.groups.values()];
    const bounds = union(
      items === undefined ? all : [...items].flatMap((key) => this.boundsOfItem(key) ?? []),
    );
    if (bounds !== undefined) this.setCamera(framing(bounds, this.width, this.height));
  }

  goTo(id: NodeId): void {
    select(this.tab.view, [nodeKey(id)]);
    this.tab.view.setState({ focused: id });
    const bounds = this.boundsOf(id);
    if (bounds === undefined) return;
    const z = Math.max(this.camera.z, 0.7);
    this.setCamera({
      x: this.width / 2 - (bounds.x + bounds.width / 2) * z,
      y: this.height / 2 - (bounds.y + bounds.height / 2) * z,
      z,
    });
  }

  setCamera(camera: Camera, animate = true): void {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.camera.animateTo(camera, animate && !isStill ? MOVE_MS : 0);
  }

  boundsOf(id: NodeId): Bounds | undefined {
    return this.scene.nodes.get(id);
  }

  openSearch(wish: SearchWish = {}): void {
    // The search will lie under the pointer: where that is has to be known before.
    this.onSearch?.({ ...wish, at: wish.at ?? this.pointer() });
  }

  /** Say something beside the pointer, or nothing more. */
  hint(text: string | undefined, at: Point = [0, 0]): void {
    this.onHint?.(text, at);
  }

  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  /** How large the canvas is on the screen. */
  get size(): { readonly width: number; readonly height: number } {
    return { width: this.width, height: this.height };
  }

  /** What is in view, in world units. */
  get shown(): Bounds {
    const { x, y, z } = this.camera;
    return { x: -x / z, y: -y / z, width: this.width / z, height: this.height / z };
  }

  get isNear(): boolean {
    return this.camera.z >= NEAR_ZOOM;
  }

  boundsOfItem(key: ItemKey): Bounds | undefined {
    const { kind, id } = itemOf(key);
    if (kind === "node") return this.scene.nodes.get(id);
    if (kind === "group") return this.scene.groups.get(id);
    return kind === "note" ? this.scene.notes.get(id) : undefined;
  }

  /** Move a node ahead of the document, body and links included. */
  moveNode(id: NodeId, x: number, y: number): void {
    this.scene.moveNode(id, x, y);
    this.placeElement(id);
  }

  async glide(places: ReadonlyMap<NodeId, Point>): Promise<void> {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches || places.size > MOST_GLIDING;
    if (isStill) return;
    const starts = new Map([...places.keys()].map((id) => [id, { ...this.scene.nodes.get(id) }] as const));
    const begin = performance.now();
    for (let share = 0; share < 1; ) {
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      share = Math.min(1, (now - begin) / GLIDE_MS);
      const eased = 1 - (1 - share) ** 3;
      for (const [id, [x, y]] of places) {
        const { x: fromX = x, y: fromY = y } = starts.get(id) ?? {};
        this.moveNode(id, fromX + (x - fromX) * eased, fromY + (y - fromY) * eased);
      }
      this.scene.updateWirePoints(places.keys());
      this.kick();
    }
  }

  /** Give a node another size ahead of the document. */
  resizeNode(id: NodeId, width: number, height: number): void {
    this.scene.resizeNode(id, width, height);
    this.placeElement(id);
    this.tellMounted();
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  private listen(): void {
    const { tab, app, host } = this;
    const observer = new ResizeObserver(() => this.resized());
    observer.observe(host.root);
    this.stops.push(
      () => observer.disconnect(),
      tab.document.onChange((change) => {
        this.scene.follow(change);
        this.refreshElements();
      }),
      tab.view.subscribe((state, before) => {
        if (state.trail !== before.trail) {
          this.scene.rebuild();
          if (state.trail.length === 0 || before.cameras[scopeOf(state)] !== undefined)
            this.camera.set(state.camera);
          else this.frame();
        }
        if (state.selection !== before.selection || state.focused !== before.focused) this.markElements();
        this.kick();
      }),
      tab.run.subscribe((state, before) => {
        if (state.outputs !== before.outputs || state.nodes !== before.nodes) this.reshapePictured();
        this.kick();
      }),
      tab.previews.followPresence(() => this.reshapePictured()),
      app.catalogue.subscribe(() => {
        this.scene.rebuild();
        this.refreshElements();
      }),
      app.ui.subscribe((state, before) => {
        if (state.scheme !== before.scheme) this.palette.refresh();
        this.kick();
      }),
    );
    void document.fonts?.ready.then(() => this.kick());
    this.resized();
  }

  private readonly pictured = new Set<NodeId>();

  /** Nodes whose picture came or went get another shape. */
  reshapePictured(): void {
    const changed = [...this.scene.nodes.keys()].filter(
      (id) => hasPicture(this.tab, id) !== this.pictured.has(id),
    );
    if (changed.length === 0) return;
    for (const id of changed) {
      if (!this.pictured.delete(id)) this.pictured.add(id);
    }
    this.scene.reshape(changed);
    this.refreshElements();
  }

  private refreshElements(): void {
    for (const id of this.elements.keys()) this.placeElement(id);
    this.tellMounted();
    this.kick();
  }

  private tellMounted(): void {
    this.mountedNodes = [...this.mountedNodes];
    for (const listener of this.mountListeners) listener();
  }

  private placeElement(id: NodeId): void {
    const element = this.elements.get(id);
    const node = this.scene.nodes.get(id);
    if (element === undefined || node === undefined) return;
    element.style.transform = `translate(${node.x}px, ${node.y}px)`;
    element.style.width = `${node.width}px`;
    element.style.height = `${node.height}px`;
    element.style.zIndex = String(node.rank);
  }

  private markElements(): void {
    for (const [id, element] of this.elements) this.markElement(id, element);
  }

  private markElement(id: NodeId, element: HTMLElement): void {
    const { selection, focused } = this.tab.view.getState();
    element.toggleAttribute("data-selected", selection.has(nodeKey(id)));
    element.toggleAttribute("data-focused", focused === id);
  }

  /** Put a node above the others. */
  raise(id: NodeId): void {
    this.scene.raise(id);
    this.placeElement(id);
  }

  private resized(): void {
    const { clientWidth, clientHeight } = this.host.root;
    this.width = clientWidth;
    this.height = clientHeight;
    const ratio = window.devicePixelRatio || 1;
    this.ratio = clientWidth * clientHeight * ratio * ratio > MOST_PIXELS ? Math.min(ratio, 1.5) : ratio;
    for (const canvas of [this.host.below, this.host.above]) {
      canvas.width = Math.max(1, Math.round(clientWidth * this.ratio));
      canvas.height = Math.max(1, Math.round(clientHeight * this.ratio));
    }
    this.hasOverlay = true; // a resized canvas is empty, but whoever had drawn there draws again
    this.draw();
  }

  private moved(): void {
    this.kick();
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.tab.view.setState({ camera: this.camera.value }), REST_MS);
  }

  private draw(): void {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = 0;
    const { x, y, z } = this.snapped();
    this.host.world.style.transform = `translate(${x}px, ${y}px) scale(${z})`;
    this.host.world.toggleAttribute("data-far", !this.isNear);
    this.mount();
    const look = this.look();
    paint(this.begin(this.host.below), look);
    this.drawOverlay(look);
    for (const listener of this.frameListeners) listener();
  }

  private drawOverlay(look: Look): void {
    const isEmpty = Object.keys(this.overlay).length === 0;
    if (isEmpty && !this.hasOverlay) return;
    this.hasOverlay = !isEmpty;
    this.host.above.hidden = isEmpty; // a canvas that shows nothing costs as much as one that does
    if (isEmpty) return;
    paintOverlay(this.begin(this.host.above), look, this.overlay);
  }

  private mount(): void {
    const { focused } = this.tab.view.getState();
    const kept = new Set(this.kept);
    if (focused !== undefined) kept.add(focused);
    const active = document.activeElement?.closest<HTMLElement>("[data-node]")?.dataset.node;
    if (active !== undefined) kept.add(active);
    const wish = {
      scene: this.scene,
      shown: this.shown,
      isNear: this.isNear,
      mounted: this.mountedNodes,
      kept,
    };
    const { mounted, hasMore } = nextMounted(wish);
    if (mounted !== this.mountedNodes) {
      this.mountedNodes = mounted;
      for (const listener of this.mountListeners) listener();
    }
    if (hasMore) this.kick();
  }

  private look(): Look {
    const view = this.tab.view.getState();
    const { selection, hovered, linking } = view;
    const prefix = runPrefix(view);
    return {
      scene: this.scene,
      palette: this.palette,
      grid: this.grid,
      ratio: this.ratio,
      zoom: this.camera.z,
      shown: this.shown,
      style: this.app.ui.getState().linkStyle,
      selection,
      hovered,
      linking,
      run: runIn(this.tab.run.getState(), prefix),
      mounted: new Set(this.isNear ? this.elements.keys() : []),
      stressed: this.stressed.size > 0 ? this.stressed : emphasis(this.scene, hovered),
      faded: this.faded,
      thumbnail: (id) => this.tab.previews.get(prefix + id),
    };
  }

  /** A cleared context in world units. */
  private begin(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const isBelow = canvas === this.host.below;
    const context = canvas.getContext("2d", { alpha: !isBelow });
    if (context === null) throw new Error("This browser draws no canvas.");
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (isBelow) {
      context.fillStyle = this.palette.get("--canvas");
      context.fillRect(0, 0, canvas.width, canvas.height);
    } else context.clearRect(0, 0, canvas.width, canvas.height);
    const { x, y, z } = this.snapped();
    context.setTransform(z * this.ratio, 0, 0, z * this.ratio, x * this.ratio, y * this.ratio);
    return context;
  }

  /** The camera at whole device pixels, so that text is sharp. */
  private snapped(): Camera {
    const { x, y, z } = this.camera;
    return { x: Math.round(x * this.ratio) / this.ratio, y: Math.round(y * this.ratio) / this.ratio, z };
  }
}
