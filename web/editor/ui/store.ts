// What a person prefers, for all documents: panels, theme, keys, language, canvas habits. Kept in this browser.
import { createStore, type StoreApi } from "zustand/vanilla";

export type ThemeChoice = "system" | "dark" | "light";
export type Side = "left" | "right" | "bottom";
export const LANGUAGES = ["en", "de", "fr"] as const;
export type Language = (typeof LANGUAGES)[number];
export type LinkStyle = "curve" | "straight" | "orthogonal" | "hidden";

/** What is kept between visits. */
export interface Preferences {
  readonly theme: ThemeChoice;
  readonly language: Language;
  /** The panel that is open on each side, by its id. */
  readonly panels: Readonly<Record<Side, string | undefined>>;
  /** Width (left, right) or height (bottom) in CSS pixels. */
  readonly panelSizes: Readonly<Record<Side, number>>;
  /** Keys that a person bound, over the chosen preset: command id -> chords such as `Mod+Enter`. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  readonly keyPreset: "default" | "comfyui" | "blender";
  /** A theme of one's own: values for tokens of theme/tokens.css. */
  readonly tokens: Readonly<Record<string, string>>;
  /** `zoom`: the wheel zooms; `pan`: it moves, and Ctrl+wheel zooms. */
  readonly wheel: "zoom" | "pan";
  /** What dragging with the left button on empty canvas does. */
  readonly dragEmpty: "marquee" | "pan";
  readonly snap: boolean;
  readonly minimap: boolean;
  readonly linkStyle: LinkStyle;
  /** Pictures while sampling. */
  readonly previews: "auto" | "latent2rgb" | "taesd" | "none";
  readonly batchCount: number;
  /** Queue the document whenever it changed. */
  readonly runOnChange: boolean;
  /** Ids of node types that were added, newest first, with how often. */
  readonly usedTypes: Readonly<Record<string, number>>;
  readonly recentTypes: readonly string[];
}

export interface UiState extends Preferences {
  /** What dark or light `theme` amounts to now. */
  readonly scheme: "dark" | "light";
}

export type UiStore = StoreApi<UiState>;

export const DEFAULTS: Preferences = {
  theme: "system",
  language: "en",
  panels: { left: undefined, right: undefined, bottom: undefined },
  panelSizes: { left: 300, right: 340, bottom: 220 },
  keys: {},
  keyPreset: "default",
  wheel: "zoom",
  tokens: {},
  dragEmpty: "marquee",
  snap: false,
  minimap: true,
  linkStyle: "curve",
  previews: "auto",
  batchCount: 1,
  runOnChange: false,
  usedTypes: {},
  recentTypes: [],
};

const STORAGE_KEY = "latentloom.preferences";
const NAMES = Object.keys(DEFAULTS) as (keyof Preferences)[];

/** The preferences of this browser; they are written back whenever they change. */
export function createUi(storage: Storage | undefined, languages: readonly string[] = []): UiStore {
  const store = createStore<UiState>(() => ({
    ...DEFAULTS,
    language: preferred(languages),
    ...read(storage),
    scheme: "dark",
  }));
  store.subscribe((state) => {
    const kept = Object.fromEntries(NAMES.map((name) => [name, state[name]]));
    try {
      storage?.setItem(STORAGE_KEY, JSON.stringify(kept));
    } catch {
      // The browser keeps nothing (private window, full): the preferences last as long as the page.
    }
  });
  return store;
}

/** Open a panel, or close it if it is open. */
export function togglePanel(ui: UiStore, side: Side, id: string): void {
  ui.setState(({ panels }) => ({ panels: { ...panels, [side]: panels[side] === id ? undefined : id } }));
}

/** Open a panel. */
export function openPanel(ui: UiStore, side: Side, id: string): void {
  ui.setState(({ panels }) => ({ panels: { ...panels, [side]: id } }));
}

/** Note that a node type was used, for the order of the search. */
export function noteTypeUse(ui: UiStore, id: string): void {
  ui.setState(({ usedTypes, recentTypes }) => ({
    usedTypes: { ...usedTypes, [id]: (usedTypes[id] ?? 0) + 1 },
    recentTypes: [id, ...recentTypes.filter((each) => each !== id)].slice(0, 20),
  }));
}

function preferred(languages: readonly string[]): Language {
  for (const each of languages) {
    const found = LANGUAGES.find((language) => each.toLowerCase().startsWith(language));
    if (found !== undefined) return found;
  }
  return "en";
}

function read(storage: Storage | undefined): Partial<Preferences> {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(STORAGE_KEY) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    const known = Object.entries(kept).filter(([name]) => NAMES.includes(name as keyof Preferences));
    return Object.fromEntries(known) as Partial<Preferences>;
  } catch {
    return {};
  }
}
