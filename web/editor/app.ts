// The parts of the running editor, built once in main.tsx and passed on; React finds them with `useApp()`.
import type { StoreApi } from "zustand/vanilla";
import type { CanvasHandle } from "@/canvas/handle";
import type { CatalogueStore } from "@/catalogue/store";
import type { Commands } from "@/commands/registry";
import type { NodeId } from "@/document/types";
import type { Translate } from "@/i18n/translate";
import type { Runner } from "@/run/runner";
import type { OutputFile } from "@/run/store";
import type { Announcements } from "@/shell/announcements";
import type { Overlays } from "@/shell/overlays";
import type { Toasts } from "@/shell/toasts";
import type { UiStore } from "@/ui/store";
import type { Tab, Workspace } from "@/workspace/tabs";

export interface Connection {
  readonly state: "connecting" | "open" | "lost";
  /** When the next try is, as Date.now(), while the connection is lost. */
  readonly retryAt: number | undefined;
  /** How many jobs wait or run on the server, of all clients. */
  readonly queueRemaining: number;
}

export interface App {
  readonly ui: UiStore;
  readonly catalogue: CatalogueStore;
  readonly workspace: Workspace;
  readonly connection: StoreApi<Connection>;
  readonly runner: Runner;
  readonly toasts: Toasts;
  readonly overlays: Overlays;
  readonly commands: Commands;
  /** The translator of the language that is chosen now; React uses `useT()`. */
  readonly t: Translate;
  /** The canvas of the tab that is shown, while one is. */
  canvas: CanvasHandle | undefined;
  /** The tab that is shown. */
  readonly tab: Tab | undefined;
  /** Show pictures large, the one at `index` first; set by whoever has a viewer. */
  openPicture: ((files: readonly OutputFile[], index: number, node: NodeId) => void) | undefined;
  readonly announcements: Announcements;
  /** Say something to screen readers, politely. */
  announce(text: string): void;
}
