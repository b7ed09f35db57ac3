// Wire types: when two fit (the rules of graph/datatypes.py), and how their sockets look.

export const ANY = "*";
/** Types whose values may be written into the document itself. */
export const VALUE_TYPES: ReadonlySet<string> = new Set(["INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"]);

/** The members of a union such as `IMAGE,MASK`. */
export function membersOf(type: string): string[] {
  return type.split(",").map((part) => part.trim());
}

/** Whether an output of type `received` may be linked to an input of type `wanted`. */
export function accepts(wanted: string, received: string): boolean {
  if (wanted === received || wanted === ANY || received === ANY) return true;
  const members = membersOf(wanted);
  return membersOf(received).some((each) => members.includes(each));
}

/** `circle`: a plain type; `diamond`: a value that widgets hold; `square`: a list; `ring`: anything or a union. */
export type SocketShape = "circle" | "diamond" | "square" | "ring";

export interface SocketLook {
  /** A CSS colour: a token of theme/tokens.css for the types we know, a hue from the name otherwise. */
  readonly colour: string;
  readonly shape: SocketShape;
}

const KNOWN: Readonly<Record<string, string>> = {
  MODEL: "model",
  CLIP: "clip",
  VAE: "vae",
  CONDITIONING: "conditioning",
  LATENT: "latent",
  IMAGE: "image",
  MASK: "mask",
  SIGMAS: "sigmas",
  SAMPLER: "sampler",
  NOISE: "noise",
  GUIDER: "guider",
  CONTROL_NET: "control",
  STYLE_MODEL: "style",
  CLIP_VISION: "vision",
  CLIP_VISION_OUTPUT: "vision",
  INT: "number",
  FLOAT: "number",
  STRING: "text",
  BOOLEAN: "boolean",
  COMBO: "choice",
};

/** The CSS custom property that holds the colour of a type, or undefined for types we do not know. */
export function colourToken(type: string): string | undefined {
  const known = KNOWN[type];
  return known === undefined ? undefined : `--socket-${known}`;
}

/** How sockets and links of a type look, everywhere. */
export function socketLook(type: string, isList = false): SocketLook {
  const members = membersOf(type);
  const first = members[0] ?? ANY;
  return { colour: colourOf(type === ANY ? ANY : first), shape: shapeOf(type, members, isList) };
}

function shapeOf(type: string, members: string[], isList: boolean): SocketShape {
  if (isList) return "square";
  if (type === ANY || members.length > 1) return "ring";
  return VALUE_TYPES.has(type) ? "diamond" : "circle";
}

function colourOf(type: string): string {
  if (type === ANY) return "var(--socket-any)";
  const token = colourToken(type);
  return token === undefined ? `hsl(${hueOf(type)} 55% 58%)` : `var(${token})`;
}

function hueOf(text: string): number {
  let hash = 0;
  for (const letter of text) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 3600;
  return Math.round(hash / 10);
}
