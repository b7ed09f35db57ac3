// What the rest of the editor may ask of the canvas.
import type { NodeId, Point } from "@/document/types";
import type { Camera, ItemKey } from "@/view/store";

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface SearchWish {
  /** Where the new node goes, in world units; the pointer if it is over the canvas, else the centre. */
  readonly at?: Point;
  /** Offer only what a link from here can be connected to, and connect it. */
  /** Only the usual partners of that socket, as a short list. */
  readonly partners?: boolean;
  readonly from?: {
    readonly node: NodeId;
    readonly side: "input" | "output";
    readonly name: string;
    readonly slot: number;
    readonly type: string;
  };
}

/** The canvas of the tab that is shown. */
export interface CanvasHandle {
  readonly element: HTMLElement;
  readonly camera: Camera;
  /** Page coordinates to world units. */
  toWorld(clientX: number, clientY: number): Point;
  /** World units to page coordinates. */
  toClient(point: Point): Point;
  /** The pointer in world units if it is over the canvas, else the centre of what is shown. */
  pointer(): Point;
  /** Move the camera so that these items are in view; everything if none are given. */
  frame(items?: Iterable<ItemKey>): void;
  /** Show a node in the middle and select it. */
  goTo(node: NodeId): void;
  /** Move nodes to places ahead of the document, smoothly; resolves when they are there. */
  glide(places: ReadonlyMap<NodeId, Point>): Promise<void>;
  setCamera(camera: Camera, animate?: boolean): void;
  /** Where a node is and how large, as drawn. */
  boundsOf(node: NodeId): Bounds | undefined;
  openSearch(wish?: SearchWish): void;
  focus(): void;
}
