// The canvas of one tab: two canvases and a layer of node bodies, moved by hand, one frame at a time. React draws node
// bodies and never hears of pan, zoom or drag.
import type { App } from "@/app";
import { lookupIn } from "@/catalogue/store";
import type { NodeId, Point } from "@/document/types";
import { shownFiles } from "@/nodes/pictureFiles";
import { runIn, runPrefix } from "@/run/scoped";
import type { RunState } from "@/run/store";
import { Palette } from "@/theme/palette";
import { type Camera, type ItemKey, itemOf, nodeKey, scopeOf, select } from "@/view/store";
import type { Tab } from "@/workspace/tabs";
import { NodeBodies } from "./bodies";
import { framing, MovingCamera } from "./camera";
import { FlowClock, flowing, isStill, paintFlow } from "./flow";
import { DotGrid } from "./grid";
import type { Bounds, CanvasHandle, SearchWish } from "./handle";
import type { Hit } from "./hit";
import { type Look, NEAR_ZOOM, type OverlayState } from "./look";
import { paint } from "./paint";
import { paintOverlay } from "./paintOverlay";
import { emphasis, hasPicture } from "./reading";
import { Scene } from "./scene";
import { union } from "./spatial";
import { type Layers, Surface } from "./surface";
import { Thumbnails } from "./thumbnails";

const MOVE_MS = 150;
const REST_MS = 160;
const GLIDE_MS = 200;
/** More nodes than these go to their places at once. */
const MOST_GLIDING = 400;

export interface EngineHost {
  readonly root: HTMLElement;
  readonly layers: Layers;
  /** Holds the node bodies. */
  readonly world: HTMLElement;
}

/** Draws one tab and answers for it. Input is in pointer.ts. */
export class Engine implements CanvasHandle {
  readonly element: HTMLElement;
  readonly scene: Scene;
  readonly bodies: NodeBodies;
  readonly surface: Surface;
  readonly palette = new Palette();
  private readonly grid = new DotGrid();
  readonly camera = new MovingCamera(() => this.moved());
  /** What the situation of the pointer draws over everything. */
  overlay: OverlayState = {};
  /** Links that the situation of the pointer stresses or fades. */
  stressed: ReadonlySet<string> = new Set();
  faded: ReadonlySet<string> = new Set();
  /** Where the pointer was last, in page coordinates; undefined if it is not over the canvas. */
  lastPointer: Point | undefined;
  onSearch: ((wish: SearchWish) => void) | undefined;
  /** A double click on something: a subgraph is entered, a note is edited. */
  onOpenItem: ((hit: Hit) => void) | undefined;
  /** A line beside the pointer, in page coordinates. */
  onHint: ((text: string | undefined, at: Point) => void) | undefined;

  private frameRequest = 0;
  private restTimer: ReturnType<typeof setTimeout> | undefined;
  private laterTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly moveListeners = new Set<() => void>();
  private moveCount = 0;
  private readonly frameListeners = new Set<() => void>();
  private readonly stops: (() => void)[] = [];
  private hasOverlay = false;
  private readonly thumbnails = new Thumbnails(() => this.kick());
  private readonly flow = new FlowClock(() => this.drawFlow(this.look()));

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
    this.bodies = new NodeBodies(this.scene, tab.view);
    this.surface = new Surface(host.root, host.layers);
    this.scene.rebuild();
    this.camera.set(tab.view.getState().camera);
    this.listen();
  }

  /** Draw again at the next frame. */
  kick(): void {
    if (this.frameRequest === 0) this.frameRequest = requestAnimationFrame(() => this.draw());
  }

  /** Draw again after so many milliseconds, if any are given; frames that come before put it off. */
  private kickAfter(ms: number | undefined): void {
    clearTimeout(this.laterTimer);
    if (ms === 0) this.kick();
    else if (ms !== undefined) this.laterTimer = setTimeout(() => this.kick(), ms);
  }

  close(): void {
    cancelAnimationFrame(this.frameRequest);
    clearTimeout(this.restTimer);
    clearTimeout(this.laterTimer);
    this.flow.stop();
    this.tab.view.setState({ camera: this.camera.value });
    this.thumbnails.close();
    for (const stop of this.stops) stop();
  }

  // --- for those who draw beside the engine ------------------------------------------------------------------------

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
    return this.camera.toWorld(this.surface.width / 2, this.surface.height / 2);
  }

  frame(items?: Iterable<ItemKey>): void {
    const all = [...this.scene.nodes.values(), ...this.scene.notes.values(), ...this.scene.groups.values()];
    const bounds = union(
      items === undefined ? all : [...items].flatMap((key) => this.boundsOfItem(key) ?? []),
    );
    if (bounds !== undefined) this.setCamera(framing(bounds, this.surface.width, this.surface.height));
  }

  goTo(id: NodeId): void {
    select(this.tab.view, [nodeKey(id)]);
    this.tab.view.setState({ focused: id });
    const bounds = this.boundsOf(id);
    if (bounds === undefined) return;
    const z = Math.max(this.camera.z, 0.7);
    this.setCamera({
      x: this.surface.width / 2 - (bounds.x + bounds.width / 2) * z,
      y: this.surface.height / 2 - (bounds.y + bounds.height / 2) * z,
      z,
    });
  }

  setCamera(camera: Camera, animate = true): void {
    this.camera.animateTo(camera, animate && !isStill() ? MOVE_MS : 0);
  }

  boundsOf(id: NodeId): Bounds | undefined {
    return this.scene.nodes.get(id);
  }

  openSearch(wish: SearchWish = {}): void {
    // The search will lie under the pointer: where that is has to be known before. Without one, the search looks itself.
    const at = wish.at ?? (this.lastPointer === undefined ? undefined : this.pointer());
    this.onSearch?.(at === undefined ? wish : { ...wish, at });
  }

  /** Say something beside the pointer, or nothing more. */
  hint(text: string | undefined, at: Point = [0, 0]): void {
    this.onHint?.(text, at);
  }

  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  /** What is in view, in world units. */
  get shown(): Bounds {
    const { x, y, z } = this.camera;
    return { x: -x / z, y: -y / z, width: this.surface.width / z, height: this.surface.height / z };
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
    this.bodies.place(id);
  }

  async glide(places: ReadonlyMap<NodeId, Point>): Promise<void> {
    if (isStill() || places.size > MOST_GLIDING) return;
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
    this.bodies.place(id);
    this.bodies.redraw();
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
        this.refreshBodies();
      }),
      tab.view.subscribe((state, before) => {
        if (state.trail !== before.trail) {
          this.scene.rebuild();
          if (state.trail.length === 0 || before.cameras[scopeOf(state)] !== undefined)
            this.camera.set(state.camera);
          else this.frame();
        }
        if (state.selection !== before.selection || state.focused !== before.focused) this.bodies.markAll();
        this.kick();
      }),
      tab.run.subscribe((state, before) => {
        if (state.outputs !== before.outputs || state.nodes !== before.nodes) this.reshapePictured();
        this.kick();
      }),
      tab.previews.followPresence(() => this.reshapePictured()),
      app.catalogue.subscribe(() => {
        this.scene.rebuild();
        this.refreshBodies();
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
    this.refreshBodies();
  }

  private refreshBodies(): void {
    this.bodies.refresh();
    this.kick();
  }

  /** Put a node above the others. */
  raise(id: NodeId): void {
    this.scene.raise(id);
    this.bodies.place(id);
  }

  private resized(): void {
    this.surface.resize();
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
    const { x, y, z } = this.surface.snapped(this.camera);
    this.host.world.style.transform = `translate(${x}px, ${y}px) scale(${z})`;
    this.host.world.toggleAttribute("data-far", !this.isNear);
    this.kickAfter(this.bodies.mount(this.shown, this.isNear));
    const look = this.look();
    paint(this.surface.begin("below", this.camera, this.palette.get("--canvas")), look);
    this.drawFlow(look);
    this.drawOverlay(look);
    for (const listener of this.frameListeners) listener();
  }

  private drawOverlay(look: Look): void {
    const isEmpty = Object.keys(this.overlay).length === 0;
    if (isEmpty && !this.hasOverlay) return;
    this.hasOverlay = !isEmpty;
    this.surface.show("above", !isEmpty);
    if (!isEmpty) paintOverlay(this.surface.begin("above", this.camera), look, this.overlay);
  }

  /** What moves along the links, drawn more often than the rest while a job runs. */
  private drawFlow(look: Look): void {
    const isMoving = look.flowing.size > 0 && this.isNear && !isStill();
    this.surface.show("flow", isMoving);
    if (isMoving) paintFlow(this.surface.begin("flow", this.camera), look, performance.now());
    this.flow.run(isMoving);
  }

  private resultOf({ outputs }: RunState, id: NodeId): ImageBitmap | undefined {
    const node = this.scene.nodes.get(id)?.node;
    return node && this.thumbnails.get(shownFiles(outputs[id], node));
  }

  private look(): Look {
    const view = this.tab.view.getState();
    const { selection, hovered, linking } = view;
    const prefix = runPrefix(view);
    const run = runIn(this.tab.run.getState(), prefix);
    return {
      scene: this.scene,
      palette: this.palette,
      grid: this.grid,
      ratio: this.surface.ratio,
      zoom: this.camera.z,
      shown: this.shown,
      style: this.app.ui.getState().linkStyle,
      selection,
      hovered,
      linking,
      run,
      mounted: new Set(this.isNear ? this.bodies.attached : []),
      stressed: this.stressed.size > 0 ? this.stressed : emphasis(this.scene, hovered),
      faded: this.faded,
      flowing: flowing(this.scene, run),
      thumbnail: (id) => this.tab.previews.get(prefix + id) ?? this.resultOf(run, id),
    };
  }
}
