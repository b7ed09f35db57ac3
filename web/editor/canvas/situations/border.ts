// The border of a subgraph, where links become inputs and outputs of it: the edges of the canvas.
import { ROOT } from "@/document/types";
import { disconnect, type InputEnd } from "@/graphEdits/links";
import { promoteInput, promoteOutput } from "@/graphEdits/promoting";
import type { Engine } from "../engine";
import type { SocketRef } from "../hit";
import type { PointerPlace } from "./situation";

/** How far the border reaches into the canvas. */
export const BORDER_PX = 88;

/** Whether a link from a socket is held at the border that it can go through: outputs at the right, inputs at the left. */
export function isAtBorder(engine: Engine, from: SocketRef, { client }: PointerPlace): boolean {
  if (engine.scene.scope === ROOT) return false;
  const { left, right } = engine.element.getBoundingClientRect();
  return from.side === "output" ? client[0] > right - BORDER_PX : client[0] < left + BORDER_PX;
}

/** Show a socket outside of the subgraph; a link that was picked up for it goes. */
export function leadOutside(engine: Engine, from: SocketRef, picked: InputEnd | undefined): void {
  const { app, tab, scene } = engine;
  const { t } = app;
  tab.document.edit(t("subgraph.promoted"), (draft) => {
    if (picked !== undefined) disconnect(draft, scene.scope, picked);
    if (from.side === "input") promoteInput(draft, scene.scope, from.node, from.name);
    else
      promoteOutput(draft, scene.scope, from.node, from.slot, { label: from.output.name, type: from.type });
  });
  app.announce(t("subgraph.promoted"));
}
