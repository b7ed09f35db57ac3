// Where parts of the editor hang themselves in. A new panel is one file that exports a `Panel`, and one line in
// shell/parts.ts.
import type { LucideIcon } from "lucide-react";
import type { ComponentType } from "react";
import type { App } from "@/app";
import type { Key } from "@/i18n/catalogues";
import type { Side } from "@/ui/store";

/** A panel at a side. Its icon stands in the rail of that side; one panel a side is open. */
export interface Panel {
  readonly id: string;
  readonly side: Side;
  readonly title: Key;
  readonly icon: LucideIcon;
  /** Where in the rail: low numbers first. */
  readonly order: number;
  /** May be `React.lazy`: it is fetched when the panel is opened first. */
  readonly component: ComponentType;
  /** A number at the icon, such as how many jobs wait; re-read by `useBadge`. */
  readonly useBadge?: () => number | undefined;
}

export type TopBarPlace = "start" | "middle" | "end";

/** Something in the top bar. */
export interface TopBarItem {
  readonly id: string;
  readonly place: TopBarPlace;
  readonly order: number;
  readonly component: ComponentType;
}

/** Something that is always mounted over the canvas (breadcrumb, minimap, banners); it places itself with CSS. */
export interface CanvasLayer {
  readonly id: string;
  readonly component: ComponentType;
}

/** Work that lasts as long as the editor: autosave, drop of files, title and favicon. Returns how to stop. */
export interface Service {
  readonly id: string;
  start(app: App): () => void;
}

/** What people can do with a picture that an input names, e.g. paint a mask. Shown on the image widget. */
export interface ImageAction {
  readonly id: string;
  readonly label: Key;
  readonly icon: LucideIcon;
  /** @param change sets the value of the input to another file. */
  run(
    app: App,
    picture: { node: string; input: string; value: string; change: (value: string) => void },
  ): void;
}

/** How the text of a note is drawn. */
export interface NoteView {
  readonly component: ComponentType<{ readonly text: string }>;
}
