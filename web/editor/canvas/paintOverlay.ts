// Paints what lies over the nodes while somebody drags: the new link, the marquee, the knife, guides.
import type { Point } from "@/document/types";
import { trace } from "./links";
import type { Look, OverlayState } from "./look";

/** Paint the overlay. The context is already in world units. */
export function paintOverlay(context: CanvasRenderingContext2D, look: Look, overlay: OverlayState): void {
  const { palette, zoom } = look;
  for (const { from, to } of overlay.guides ?? []) line(context, [from, to], palette.get("--weft"), 1 / zoom);
  if (overlay.cut !== undefined)
    line(context, overlay.cut, palette.get("--bad"), 2 / zoom, [6 / zoom, 4 / zoom]);
  if (overlay.marquee !== undefined) {
    const { x, y, width, height } = overlay.marquee;
    context.fillStyle = palette.get("--warp");
    context.globalAlpha = 0.12;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
    context.strokeStyle = palette.get("--warp");
    context.lineWidth = 1 / zoom;
    context.strokeRect(x, y, width, height);
  }
  if (overlay.link !== undefined) paintLink(context, look, overlay.link);
}

function paintLink(
  context: CanvasRenderingContext2D,
  { palette, zoom, style }: Look,
  link: NonNullable<OverlayState["link"]>,
): void {
  const ends: Point[] = link.side === "output" ? [link.from, link.to] : [link.to, link.from];
  context.strokeStyle = palette.socket(link.type);
  context.lineWidth = Math.max(palette.metrics.link * 1.4, 1.5 / zoom);
  context.lineCap = "round";
  context.beginPath();
  trace(context, ends, style === "hidden" ? "curve" : style);
  context.stroke();
  context.beginPath();
  context.arc(link.to[0], link.to[1], (link.isSnapped ? 8 : 4) / Math.min(1, zoom), 0, 2 * Math.PI);
  if (link.isSnapped) context.stroke();
  else {
    context.fillStyle = palette.socket(link.type);
    context.fill();
  }
}

function line(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  colour: string,
  width: number,
  dash: number[] = [],
): void {
  context.beginPath();
  for (const [at, [x, y]] of points.entries()) {
    if (at === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}
