// Which link a press on a socket begins.
import type { Engine } from "../engine";
import type { SocketRef } from "../hit";
import { DragLink } from "./dragLink";
import type { PointerPlace, Situation } from "./situation";

/** From an output a new link; with Ctrl all its links. From an input the link that is there, else a new one. */
export function linkFrom(engine: Engine, socket: SocketRef, { mod }: PointerPlace): Situation | undefined {
  const { scene } = engine;
  if (socket.side === "output") {
    const at = scene.outputPoint(socket.node, socket.slot);
    const wires = mod ? scene.index.outOf(socket.node, socket.slot) : [];
    const first = wires[0];
    if (first === undefined) return at && new DragLink(engine, { from: socket, at });
    const held = inputRef(engine, first.to, first.input);
    const heldAt = scene.inputPoint(first.to, first.input);
    const moving = wires.map((wire) => ({ node: wire.to, input: wire.input }));
    return held && heldAt && new DragLink(engine, { from: held, at: heldAt, moving });
  }
  const wire = scene.index.into(socket.node).get(socket.name);
  if (wire === undefined) {
    const at = scene.inputPoint(socket.node, socket.name);
    return at && new DragLink(engine, { from: socket, at });
  }
  const output = scene.nodes.get(wire.from)?.shape.outputs[wire.slot]?.output;
  const at = scene.outputPoint(wire.from, wire.slot);
  if (output === undefined || at === undefined) return undefined;
  const from: SocketRef = { side: "output", node: wire.from, slot: wire.slot, type: output.type, output };
  return new DragLink(engine, { from, at, picked: { node: socket.node, input: socket.name } });
}

function inputRef(engine: Engine, node: string, name: string): SocketRef | undefined {
  const found = engine.scene.nodes.get(node)?.shape.inputs.find((each) => each.input.name === name);
  return found && { side: "input", node, name, type: found.input.type, input: found.input };
}
