// One pointer situation: from a press to a release, with hand-over to another in between.
import type { Point } from "@/document/types";
import type { Engine } from "../engine";

export interface PointerPlace {
  /** Page coordinates. */
  readonly client: Point;
  /** World units. */
  readonly world: Point;
  readonly shift: boolean;
  readonly alt: boolean;
  /** Ctrl, or Cmd on a Mac. */
  readonly mod: boolean;
}

export interface Situation {
  /** What the pointer looks like. */
  readonly cursor?: string;
  /** Whether the view moves when the pointer is at the edge. */
  readonly pansAtEdge?: boolean;
  /** Returns another situation to hand over to. */
  move?(place: PointerPlace): Situation | undefined;
  up?(place: PointerPlace): void;
  /** Escape, or the pointer was lost: everything is as before. */
  cancel?(): void;
}

/** How far the pointer may move before a press is a drag. */
export const DRAG_PX = 4;

/** A press that may become a click or a drag. */
export class Press implements Situation {
  constructor(
    private readonly start: PointerPlace,
    private readonly click: ((place: PointerPlace) => void) | undefined,
    private readonly drag: ((start: PointerPlace) => Situation | undefined) | undefined,
  ) {}

  move(place: PointerPlace): Situation | undefined {
    const [dx, dy] = [place.client[0] - this.start.client[0], place.client[1] - this.start.client[1]];
    if (this.drag === undefined || Math.hypot(dx, dy) < DRAG_PX) return undefined;
    const next = this.drag(this.start);
    return next?.move?.(place) ?? next;
  }

  up(place: PointerPlace): void {
    this.click?.(place);
  }
}

/** Moves the view with the pointer. */
export class Pan implements Situation {
  readonly cursor = "grabbing";
  private last: Point;

  constructor(
    private readonly engine: Engine,
    start: PointerPlace,
  ) {
    this.last = start.client;
  }

  move({ client }: PointerPlace): undefined {
    this.engine.camera.panBy(client[0] - this.last[0], client[1] - this.last[1]);
    this.last = client;
  }
}
