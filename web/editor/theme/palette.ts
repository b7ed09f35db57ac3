// Reads the tokens of theme/tokens.css for the canvas, which cannot use custom properties.
import { colourToken, socketLook } from "@/catalogue/sockets";

/** Sizes of nodes in world units. */
export interface Metrics {
  readonly width: number;
  readonly head: number;
  readonly row: number;
  readonly pad: number;
  readonly radius: number;
  readonly socket: number;
  readonly link: number;
}

/** The colours of a theme as the canvas needs them, read anew when the theme changes. */
export class Palette {
  private readonly known = new Map<string, string>();
  private styles = getComputedStyle(document.documentElement);
  private sizes: Metrics | undefined;

  /** Forget everything: the theme has changed. */
  refresh(): void {
    this.known.clear();
    this.sizes = undefined;
    this.styles = getComputedStyle(document.documentElement);
  }

  /** The value of a token such as `--node`. */
  get(token: string): string {
    let value = this.known.get(token);
    if (value === undefined) {
      value = this.styles.getPropertyValue(token).trim() || "#888";
      this.known.set(token, value);
    }
    return value;
  }

  /** The colour of links and sockets of a type. */
  socket(type: string): string {
    const { colour } = socketLook(type);
    if (!colour.startsWith("var(")) return colour;
    return this.get(colourToken(type) ?? colour.slice(4, -1));
  }

  get metrics(): Metrics {
    this.sizes ??= {
      width: this.number("--node-width", 252),
      head: this.number("--node-head", 32),
      row: this.number("--node-row", 28),
      pad: this.number("--node-pad", 8),
      radius: this.number("--node-radius", 9),
      socket: this.number("--socket-size", 12),
      link: this.number("--link-width", 2),
    };
    return this.sizes;
  }

  private number(token: string, otherwise: number): number {
    const value = Number.parseFloat(this.styles.getPropertyValue(token));
    return Number.isFinite(value) ? value : otherwise;
  }
}
