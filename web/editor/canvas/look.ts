// What the painters need to know besides the scene, gathered once a frame.
import type { WireKey } from "@/document/graphIndex";
import type { NodeId, Point } from "@/document/types";
import type { RunState } from "@/run/store";
import type { Palette } from "@/theme/palette";
import type { LinkStyle } from "@/ui/store";
import type { ItemKey, Linking } from "@/view/store";
import type { DotGrid } from "./grid";
import type { Guide } from "./guides";
import type { Bounds } from "./handle";
import type { Scene } from "./scene";

/** Node bodies are real elements from this zoom on. */
export const NEAR_ZOOM = 0.4;

/** What lies over the nodes while somebody drags. */
export interface OverlayState {
  link?: { from: Point; to: Point; type: string; side: "input" | "output"; isSnapped: boolean };
  marquee?: Bounds;
  cut?: readonly Point[];
  guides?: readonly Guide[];
}

export interface Look {
  readonly scene: Scene;
  readonly palette: Palette;
  readonly grid: DotGrid;
  /** Device pixels to a CSS pixel. */
  readonly ratio: number;
  readonly zoom: number;
  /** What is in view, in world units. */
  readonly shown: Bounds;
  readonly style: LinkStyle;
  readonly selection: ReadonlySet<ItemKey>;
  readonly hovered: ItemKey | undefined;
  readonly linking: Linking | undefined;
  readonly run: RunState;
  /** The nodes that are drawn as elements. */
  readonly mounted: ReadonlySet<NodeId>;
  /** Links to stress: where a node would be inserted, or what the pointer is at. */
  readonly stressed: ReadonlySet<WireKey>;
  /** Links that are about to go, or are being moved. */
  readonly faded: ReadonlySet<WireKey>;
  /** Links that data goes through now. */
  readonly flowing: ReadonlySet<WireKey>;
  /** Small pictures for far nodes. */
  readonly thumbnail: (id: NodeId) => CanvasImageSource | undefined;
}
