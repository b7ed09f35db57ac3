// Paints what lies below the node bodies: the grid, groups, links, and whole nodes where there are no bodies.
import { accepts } from "@/catalogue/sockets";
import type { Point } from "@/document/types";
import { HEAD } from "@/nodes/shape";
import type { NodeRun } from "@/run/store";
import { trace } from "./links";
import { type Look, NEAR_ZOOM } from "./look";
import type { SceneNode, SceneWire } from "./scene";
import { overlaps } from "./spatial";

type Context = CanvasRenderingContext2D;

const STRAIGHT_ZOOM = 0.15;
const TITLE_ZOOM = 0.25;
const SOCKETS_ZOOM = 0.15;
const ROUND_ZOOM = 0.2;
const HEAD_ZOOM = 0.1;
const STUB = 14;
const STUB_TEXT = 150;

/** Paint a frame. The context is already in world units. */
export function paint(context: Context, look: Look): void {
  look.grid.paint(context, look.shown, look.zoom, look.ratio, look.palette.get("--canvas-dot"));
  paintGroups(context, look);
  paintLinks(context, look);
  const nodes = [...look.scene.nodes.values()].filter(
    (node) => !look.mounted.has(node.id) && overlaps(node, look.shown),
  );
  if (look.zoom >= ROUND_ZOOM) nodes.sort((a, b) => a.rank - b.rank);
  for (const node of nodes) paintNode(context, look, node);
}

function paintGroups(context: Context, { scene, palette, shown, zoom, selection }: Look): void {
  for (const { id, group, ...box } of scene.groups.values()) {
    if (!overlaps(box, shown)) continue;
    const colour = group.colour ?? palette.get("--group");
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, 12);
    context.globalAlpha = 0.1;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = selection.has(`group:${id}`) ? 1 : 0.45;
    context.lineWidth = (selection.has(`group:${id}`) ? 2 : 1.25) / Math.min(1, zoom);
    context.strokeStyle = selection.has(`group:${id}`) ? palette.get("--warp") : colour;
    context.stroke();
    context.globalAlpha = 1;
    if (zoom > 0.12) {
      const size = Math.min(40, Math.max(15, 13 / zoom));
      context.font = `600 ${size}px ${palette.get("--font")}`;
      context.fillStyle = palette.get("--text-colour");
      context.textBaseline = "middle";
      context.fillText(
        group.title ?? "",
        box.x + 14,
        box.y + Math.max(18, size * 0.75),
        Math.max(0, box.width - 28),
      );
    }
  }
}

/** One path for each colour and emphasis, stroked once each. */
function paintLinks(context: Context, look: Look): void {
  const { scene, palette, zoom, shown, style } = look;
  const drawn = zoom < STRAIGHT_ZOOM ? "straight" : style;
  const plain = new Map<string, Path2D>();
  const special: SceneWire[] = [];
  const hidden: SceneWire[] = [];
  for (const wire of scene.wires.values()) {
    if (!overlaps(wire.box, shown)) continue;
    if (wire.isHidden || style === "hidden") {
      hidden.push(wire);
      continue;
    }
    if (isSpecial(look, wire)) {
      special.push(wire);
      continue;
    }
    let path = plain.get(wire.type);
    if (path === undefined) {
      path = new Path2D();
      plain.set(wire.type, path);
    }
    trace(path, wire.points, drawn);
  }
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = Math.max(palette.metrics.link, 1 / zoom);
  context.globalAlpha = look.stressed.size > 0 ? 0.35 : 0.85;
  for (const [type, path] of plain) {
    context.strokeStyle = palette.socket(type);
    context.stroke(path);
  }
  for (const wire of special) paintSpecial(context, look, wire);
  if (zoom >= SOCKETS_ZOOM) for (const wire of hidden) paintStubs(context, look, wire);
  context.globalAlpha = 1;
  if (zoom >= SOCKETS_ZOOM) paintBends(context, look);
}

/** Whether a link is drawn thick: the pointer or a drag is at it, it is selected, or data goes through it. */
function isSpecial({ stressed, faded, flowing, selection }: Look, { key }: SceneWire): boolean {
  return stressed.has(key) || faded.has(key) || flowing.has(key) || selection.has(`link:${key}`);
}

function paintSpecial(
  context: Context,
  { palette, zoom, style, faded, selection }: Look,
  wire: SceneWire,
): void {
  const path = new Path2D();
  trace(path, wire.points, style);
  context.globalAlpha = faded.has(wire.key) ? 0.25 : 1;
  context.lineWidth = Math.max(palette.metrics.link * 1.9, 2 / zoom);
  context.strokeStyle = selection.has(`link:${wire.key}`)
    ? palette.get("--text-colour")
    : palette.socket(wire.type);
  context.stroke(path);
}

function paintBends(context: Context, { scene, palette, shown, style }: Look): void {
  if (style === "hidden") return;
  for (const wire of scene.wires.values()) {
    if (wire.points.length < 3 || wire.isHidden || !overlaps(wire.box, shown)) continue;
    context.fillStyle = palette.socket(wire.type);
    for (const [x, y] of wire.points.slice(1, -1)) {
      context.beginPath();
      context.arc(x, y, 5, 0, 2 * Math.PI);
      context.fill();
    }
  }
}

/** A hidden link: a short stub at both ends, with the name of what goes through it. */
function paintStubs(context: Context, { scene, palette, zoom }: Look, wire: SceneWire): void {
  const [from, to] = [wire.points[0] as Point, wire.points.at(-1) as Point];
  context.globalAlpha = 1;
  context.strokeStyle = palette.socket(wire.type);
  context.lineWidth = palette.metrics.link;
  context.beginPath();
  context.moveTo(from[0], from[1]);
  context.lineTo(from[0] + STUB, from[1]);
  context.moveTo(to[0] - STUB, to[1]);
  context.lineTo(to[0], to[1]);
  context.stroke();
  if (zoom <= TITLE_ZOOM) return;
  const name = scene.stubName(wire.wire);
  context.font = `11px ${palette.get("--font")}`;
  context.fillStyle = palette.get("--text-muted");
  context.textBaseline = "middle";
  context.fillText(name, from[0] + STUB + 4, from[1], STUB_TEXT);
  context.textAlign = "right";
  context.fillText(name, to[0] - STUB - 4, to[1], STUB_TEXT);
  context.textAlign = "left";
}

/** A node from afar, or one whose body is not there yet: box, title, sockets, progress, errors, picture. */
export function paintNode(context: Context, look: Look, node: SceneNode): void {
  const { palette, zoom } = look;
  const run = look.run.nodes[node.id];
  const signal = signalOf(look, node);
  const isRound = zoom >= ROUND_ZOOM;
  if (!isRound && signal !== undefined) paintFarOutline(context, zoom, node, signal);
  context.globalAlpha = node.mode === "mute" ? 0.45 : 1;
  const opacity = context.globalAlpha;
  const { colour, title_colour: titleColour = colour } = node.layout;
  box(context, look, node, node.height, bodyColour(look, node));
  if (!node.shape.isCollapsed && zoom > HEAD_ZOOM)
    box(context, look, node, HEAD, palette.get("--node-title"));
  // The same shares as in nodes/NodeBody.tsx.
  context.globalAlpha = opacity * 0.3;
  if (colour !== undefined) box(context, look, node, node.height, colour);
  if (titleColour !== undefined) box(context, look, node, HEAD, titleColour);
  context.globalAlpha = opacity;
  paintThumbnail(context, look, node);
  if (zoom > TITLE_ZOOM) {
    context.font = `600 13px ${palette.get("--font")}`;
    context.fillStyle = palette.get("--text-colour");
    context.textBaseline = "middle";
    context.fillText(node.title, node.x + 14, node.y + HEAD / 2, node.width - 28);
  }
  if (run?.status === "running") paintProgress(context, look, node, run);
  context.globalAlpha = 1;
  if (isRound) paintOutline(context, look, node, signal);
  if (zoom > SOCKETS_ZOOM) paintSockets(context, look, node);
}

function bodyColour({ palette }: Look, node: SceneNode): string {
  if (node.mode === "bypass") return palette.get("--node-bypassed");
  return palette.get("--node");
}

function box(
  context: Context,
  { zoom, palette }: Look,
  { x, y, width }: SceneNode,
  height: number,
  colour: string,
): void {
  context.fillStyle = colour;
  if (zoom < ROUND_ZOOM) {
    context.fillRect(x, y, width, height);
    return;
  }
  context.beginPath();
  const r = palette.metrics.radius;
  context.roundRect(x, y, width, height, height === HEAD ? [r, r, 0, 0] : r);
  context.fill();
}

function paintProgress(context: Context, { palette }: Look, node: SceneNode, run: NodeRun): void {
  context.fillStyle = palette.get("--weft");
  context.fillRect(
    node.x,
    node.y + HEAD - 4,
    node.width * Math.min(1, run.value / Math.max(1, run.maximum)),
    4,
  );
}

/** The colour of what has to be said of a node; undefined if there is nothing to say. */
function signalOf({ palette, selection, run }: Look, node: SceneNode): string | undefined {
  const status = run.nodes[node.id]?.status;
  const isWrong =
    status === "failed" || (run.problems[node.id]?.length ?? 0) > 0 || node.type.origin === "unknown";
  if (isWrong) return palette.get("--bad");
  if (status === "running") return palette.get("--weft");
  return selection.has(`node:${node.id}`) ? palette.get("--warp") : undefined;
}

function paintOutline(
  context: Context,
  { palette, zoom }: Look,
  node: SceneNode,
  signal: string | undefined,
): void {
  context.strokeStyle = signal ?? palette.get("--node-line");
  context.lineWidth = (signal === undefined ? 1 : 2) / Math.min(1, zoom);
  context.beginPath();
  context.roundRect(node.x, node.y, node.width, node.height, palette.metrics.radius);
  context.stroke();
}

/** From afar an outline is a box below the node: filling is much cheaper than stroking. */
function paintFarOutline(
  context: Context,
  zoom: number,
  { x, y, width, height }: SceneNode,
  signal: string,
): void {
  const edge = 2 / zoom;
  context.fillStyle = signal;
  context.fillRect(x - edge, y - edge, width + 2 * edge, height + 2 * edge);
}

function paintSockets(context: Context, { palette, zoom, linking }: Look, node: SceneNode): void {
  const size = palette.metrics.socket;
  const isClosed = linking?.closed.has(node.id) ?? false;
  const dot = (x: number, y: number, type: string, isFitting: boolean) => {
    context.globalAlpha = linking !== undefined && !isFitting ? 0.2 : 1;
    context.fillStyle = palette.socket(type);
    const reach = linking !== undefined && isFitting ? size * 1.5 : size;
    if (zoom < NEAR_ZOOM) context.fillRect(x - reach / 2, y - reach / 2, reach, reach);
    else {
      context.beginPath();
      context.arc(x, y, reach / 2, 0, 2 * Math.PI);
      context.fill();
    }
  };
  for (const { input, y, isLinked } of node.shape.inputs) {
    if (input.widget !== "none" && !isLinked && linking === undefined) continue;
    const fits = linking?.side === "output" && !isClosed && accepts(input.type, linking.type);
    dot(node.x, node.y + y, input.type, fits);
  }
  for (const { output, y } of node.shape.outputs) {
    const fits = linking?.side === "input" && !isClosed && accepts(linking.type, output.type);
    dot(node.x + node.width, node.y + y, output.type, fits);
  }
  context.globalAlpha = 1;
}

function paintThumbnail(context: Context, look: Look, node: SceneNode): void {
  const row = node.shape.rows.find((each) => each.kind === "picture");
  const picture = row === undefined ? undefined : look.thumbnail(node.id);
  if (row === undefined || picture === undefined) return;
  const { width, height } = picture as { width: number; height: number };
  const scale = Math.min((node.width - 16) / width, row.height / height);
  const [w, h] = [width * scale, height * scale];
  context.drawImage(picture, node.x + (node.width - w) / 2, node.y + row.y + (row.height - h) / 2, w, h);
}
