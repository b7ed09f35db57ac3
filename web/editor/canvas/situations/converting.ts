// Puts the node that converts one type into another between two sockets.
import type { NodeType } from "@/catalogue/types";
import { connect } from "@/graphEdits/links";
import { bestInput, bestOutput } from "@/graphEdits/matching";
import { addNode } from "@/graphEdits/nodes";
import { nodeKey, select } from "@/view/store";
import type { Engine } from "../engine";
import type { SocketRef } from "../hit";

/** Insert a converter half-way between an output and an input. */
export function insertConverter(
  engine: Engine,
  type: NodeType,
  output: Extract<SocketRef, { side: "output" }>,
  input: Extract<SocketRef, { side: "input" }>,
): void {
  const { scene, tab, app } = engine;
  const from = scene.outputPoint(output.node, output.slot);
  const to = scene.inputPoint(input.node, input.name);
  if (from === undefined || to === undefined) return;
  let made = "";
  tab.document.edit(app.t("canvas.insertNode", { node: type.title }), (draft) => {
    const position: [number, number] = [
      Math.round((from[0] + to[0]) / 2 - 126),
      Math.round((from[1] + to[1]) / 2 - 48),
    ];
    made = addNode(draft, scene.scope, type, position);
    const node = { class_type: type.id, inputs: {} };
    const into = bestInput(type, node, output.type);
    const out = bestOutput(type, input.type);
    if (into !== undefined)
      connect(draft, scene.scope, { node: output.node, slot: output.slot }, { node: made, input: into.name });
    if (out !== undefined)
      connect(draft, scene.scope, { node: made, slot: out.slot }, { node: input.node, input: input.name });
  });
  select(tab.view, [nodeKey(made)]);
}
