// Which situation a press begins: what is under the pointer, the button and the keys that are held decide.
import { previewOutput } from "@/commands/previewing";
import { setPoints } from "@/graphEdits/links";
import { type ItemKey, itemOf, nodeKey, select } from "@/view/store";
import type { Engine } from "./engine";
import { type Hit, keyOf } from "./hit";
import { CutLinks } from "./situations/cutLinks";
import { DragItems } from "./situations/dragItems";
import { DragPoint } from "./situations/dragPoint";
import { LazyConnect } from "./situations/lazyConnect";
import { linkFrom } from "./situations/linkFrom";
import { Marquee } from "./situations/marquee";
import { Resize } from "./situations/resize";
import { Pan, type PointerPlace, Press, type Situation } from "./situations/situation";

type ItemHit = Exclude<Hit, { kind: "socket" | "empty" }>;

/** What a press is given besides its place. */
export interface PressFacts {
  readonly button: number;
  readonly hit: Hit;
  readonly isTouch: boolean;
  /** Opens the menu of a right click. */
  readonly onMenu: (hit: Hit, place: PointerPlace) => void;
}

/** The situation that a press begins; undefined for buttons that mean nothing here. */
export function situationOf(engine: Engine, place: PointerPlace, facts: PressFacts): Situation | undefined {
  if (facts.button === 2) return secondary(engine, place, facts);
  if (facts.button !== 0) return undefined;
  const { hit } = facts;
  if (place.mod && place.shift) return viewOrCut(engine, place, hit);
  if (hit.kind === "socket") return new Press(place, undefined, () => linkFrom(engine, hit.socket, place));
  return hit.kind === "empty" ? onEmpty(engine, place, facts.isTouch) : onItem(engine, place, hit);
}

/** The right button: a click opens the menu, a drag pans; Ctrl+Shift cuts links, Alt joins two nodes. */
function secondary(engine: Engine, place: PointerPlace, { hit, onMenu }: PressFacts): Situation {
  if (place.mod && place.shift) return new CutLinks(engine, place);
  const node = nodeAt(hit);
  if (place.alt && node !== undefined)
    return new Press(place, undefined, () => new LazyConnect(engine, node));
  return new Press(
    place,
    (end) => onMenu(hit, end),
    (start) => new Pan(engine, start),
  );
}

/** Ctrl+Shift: a click on a node or an output shows what it gives, a drag cuts the links that it crosses. */
function viewOrCut(engine: Engine, place: PointerPlace, hit: Hit): Situation {
  if (nodeAt(hit) === undefined) return new CutLinks(engine, place);
  return new Press(
    place,
    () => previewHit(engine, hit),
    (start) => new CutLinks(engine, start),
  );
}

/** A socket names the output: its own, or the one that feeds it; a node shows its outputs one after the other. */
function previewHit({ app, scene }: Engine, hit: Hit): void {
  if (hit.kind === "node") void previewOutput(app, hit.node.id);
  if (hit.kind !== "socket") return;
  const { socket } = hit;
  const wire = socket.side === "input" ? scene.index.into(socket.node).get(socket.name) : undefined;
  if (wire !== undefined) void previewOutput(app, wire.from, wire.slot);
  else void previewOutput(app, socket.node, socket.side === "output" ? socket.slot : undefined);
}

function onEmpty(engine: Engine, place: PointerPlace, isTouch: boolean): Situation {
  const pans = isTouch || (engine.app.ui.getState().dragEmpty === "pan" && !place.shift);
  return new Press(
    place,
    () => {
      if (!place.shift && !place.mod) select(engine.tab.view, []);
      engine.tab.view.setState({ focused: undefined });
    },
    (start) => (pans ? new Pan(engine, start) : new Marquee(engine, start)),
  );
}

function onItem(engine: Engine, place: PointerPlace, hit: ItemHit): Situation {
  const key = keyOf(hit);
  const click = () => clickItem(engine, key, place);
  if (hit.kind === "point") return new Press(place, click, () => new DragPoint(engine, hit.wire, hit.index));
  if (hit.kind === "wire")
    return new Press(
      place,
      () => (place.alt ? bend(engine, hit, place) : click()),
      (start) => new Marquee(engine, start),
    );
  if (hit.part === "corner") return new Press(place, click, (start) => new Resize(engine, key, start));
  if (hit.kind === "node") engine.raise(hit.node.id);
  const { view } = engine.tab;
  if (!view.getState().selection.has(key) && !place.shift && !place.mod) select(view, [key]);
  return new Press(place, click, (start) => {
    const { selection } = view.getState();
    if (!selection.has(key)) select(view, [...selection, key]);
    return new DragItems(engine, start);
  });
}

/** Shift adds, Ctrl toggles, a plain click selects just this. */
function clickItem({ tab: { view } }: Engine, key: ItemKey, { shift, mod }: PointerPlace): void {
  const { selection } = view.getState();
  if (mod)
    select(view, selection.has(key) ? [...selection].filter((each) => each !== key) : [...selection, key]);
  else if (shift) select(view, [...selection, key]);
  else select(view, [key]);
  const { kind, id } = itemOf(key);
  view.setState({ focused: kind === "node" ? id : undefined });
}

/** Put a bend into a link where the pointer is. */
export function bend(engine: Engine, hit: Extract<Hit, { kind: "wire" }>, { world }: PointerPlace): void {
  const { tab, scene, app } = engine;
  const { to, input } = hit.wire.wire;
  const points = hit.wire.points.slice(1, -1);
  points.splice(hit.segment, 0, [Math.round(world[0]), Math.round(world[1])]);
  tab.document.edit(app.t("canvas.bendAdded"), (draft) =>
    setPoints(draft, scene.scope, { node: to, input }, points),
  );
}

/** What lies under a resting pointer, as the view knows it: the node of a socket, a node or a link. */
export function hoveredKey(hit: Hit): ItemKey | undefined {
  if (hit.kind === "socket") return nodeKey(hit.socket.node);
  return hit.kind === "node" || hit.kind === "wire" ? keyOf(hit) : undefined;
}

function nodeAt(hit: Hit): string | undefined {
  if (hit.kind === "node") return hit.node.id;
  return hit.kind === "socket" ? hit.socket.node : undefined;
}
