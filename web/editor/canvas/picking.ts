// What a right click means: it selects what it hits, and opens the menu of that.
import type { MenuName } from "@/commands/types";
import { select } from "@/view/store";
import type { Engine } from "./engine";
import { type Hit, keyOf } from "./hit";

/** Select what was hit unless it is selected already; the menu that fits. */
export function pickForMenu({ tab }: Engine, hit: Hit): MenuName {
  if (hit.kind === "empty" || hit.kind === "socket") return "canvas";
  const key = keyOf(hit);
  const { selection } = tab.view.getState();
  if (!selection.has(key)) select(tab.view, [key]);
  if (hit.kind === "wire" || hit.kind === "point") return "link";
  return hit.kind;
}
