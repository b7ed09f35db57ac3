// How large a node is and where its rows and sockets are: computed, never measured, so that the canvas and the node
// bodies agree at every zoom and a graph opens without a layout pass.
import { inputsOf, outputsOf } from "@/catalogue/nodeTypes";
import type { InputType, NodeType, OutputType } from "@/catalogue/types";
import { isLink, type NodeLayout, type WorkflowNode } from "@/document/types";

/** One row of a node, from its top edge down, in world units. */
export interface Row {
  readonly kind: "sockets" | "widget" | "picture";
  readonly y: number;
  readonly height: number;
  readonly input?: InputType;
  readonly output?: OutputType;
  readonly slot?: number;
}

export interface InputSocket {
  readonly input: InputType;
  readonly y: number;
  readonly isLinked: boolean;
}

export interface OutputSocket {
  readonly output: OutputType;
  readonly slot: number;
  readonly y: number;
}

export interface NodeShape {
  readonly width: number;
  readonly height: number;
  readonly minWidth: number;
  readonly minHeight: number;
  readonly isCollapsed: boolean;
  readonly rows: readonly Row[];
  readonly inputs: readonly InputSocket[];
  readonly outputs: readonly OutputSocket[];
}

export interface ShapeFacts {
  readonly node: WorkflowNode;
  readonly type: NodeType;
  readonly layout: NodeLayout | undefined;
  /** Outputs that something is linked to, for nodes of unknown types. */
  readonly usedSlots?: Iterable<number>;
  /** Whether it has a picture to show: a preview, a result. */
  readonly hasPicture?: boolean;
}

/** The sizes of theme/tokens.css that shapes depend on. */
export const WIDTH = 252;
export const HEAD = 32;
export const SOCKET_ROW = 24;
export const WIDGET_ROW = 32;
export const PAD = 8;
const MIN_WIDTH = 168;
const TEXT_HEIGHT = 84;
const PICTURE_HEIGHT = 196;
const MIN_PICTURE = 64;
const MIN_TEXT = 48;

/** The shape of a node. */
export function shapeOf(facts: ShapeFacts): NodeShape {
  const { type, node, layout } = facts;
  const inputs = inputsOf(type, node);
  const outputs = outputsOf(type, facts.usedSlots);
  const width = Math.max(layout?.size?.[0] ?? WIDTH, MIN_WIDTH);
  if (layout?.collapsed) return collapsed(width, node, inputs, outputs);

  const rows = [...socketRows(inputs, outputs), ...widgetRows(inputs)];
  if (facts.hasPicture || showsPictures(type, inputs))
    rows.push({ kind: "picture", y: 0, height: PICTURE_HEIGHT });
  const natural = heightOf(rows);
  const wanted = layout?.size?.[1];
  const minHeight = heightOf(rows.map((row) => ({ ...row, height: leastHeight(row) })));
  const height =
    wanted === undefined ? natural : Math.max(minHeight, rows.some(isFlexible) ? wanted : natural);
  const placed = place(stretch(rows, height));
  return {
    width,
    height: heightOf(placed),
    minWidth: MIN_WIDTH,
    minHeight,
    isCollapsed: false,
    rows: placed,
    inputs: placed.flatMap((row) =>
      row.input === undefined
        ? []
        : [{ input: row.input, y: socketY(row), isLinked: isLink(node.inputs[row.input.name]) }],
    ),
    outputs: placed.flatMap((row) =>
      row.output === undefined || row.slot === undefined
        ? []
        : [{ output: row.output, slot: row.slot, y: socketY(row) }],
    ),
  };
}

/** Whether nodes of a type are there to show pictures, so that they keep room for them. */
export function showsPictures(type: NodeType, inputs: readonly InputType[]): boolean {
  const takesImages = inputs.some((each) => each.type.split(",").includes("IMAGE"));
  return (type.isOutput && takesImages) || inputs.some((each) => each.widget === "image");
}

function socketRows(inputs: readonly InputType[], outputs: readonly OutputType[]): Row[] {
  const plugs = inputs.filter((each) => each.widget === "none");
  return Array.from({ length: Math.max(plugs.length, outputs.length) }, (_, at) => {
    const input = plugs[at];
    const output = outputs[at];
    return {
      kind: "sockets" as const,
      y: 0,
      height: SOCKET_ROW,
      ...(input === undefined ? {} : { input }),
      ...(output === undefined ? {} : { output, slot: at }),
    };
  });
}

function widgetRows(inputs: readonly InputType[]): Row[] {
  return inputs
    .filter((each) => each.widget !== "none")
    .map((input) => ({
      kind: "widget",
      y: 0,
      height: input.widget === "text" ? TEXT_HEIGHT : WIDGET_ROW,
      input,
    }));
}

function isFlexible(row: Row): boolean {
  return row.kind === "picture" || row.input?.widget === "text";
}

function leastHeight(row: Row): number {
  if (row.kind === "picture") return MIN_PICTURE;
  return row.input?.widget === "text" ? MIN_TEXT : row.height;
}

/** Give the rows that can grow or shrink their share of a height. */
function stretch(rows: readonly Row[], height: number): Row[] {
  const flexible = rows.filter(isFlexible);
  if (flexible.length === 0) return [...rows];
  const natural = flexible.reduce((sum, row) => sum + row.height, 0);
  const free = height - heightOf(rows) + natural;
  return rows.map((row) => {
    if (!isFlexible(row)) return row;
    return { ...row, height: Math.max(leastHeight(row), Math.floor((row.height / natural) * free)) };
  });
}

function heightOf(rows: readonly Row[]): number {
  return HEAD + PAD + rows.reduce((sum, row) => sum + row.height, 0) + PAD;
}

function place(rows: readonly Row[]): Row[] {
  let y = HEAD + PAD;
  return rows.map((row) => {
    const placed = { ...row, y };
    y += row.height;
    return placed;
  });
}

/** Sockets of tall rows stand beside their label. */
function socketY(row: Row): number {
  return row.y + Math.min(row.height, row.kind === "widget" ? WIDGET_ROW : SOCKET_ROW) / 2;
}

function collapsed(
  width: number,
  node: WorkflowNode,
  inputs: readonly InputType[],
  outputs: readonly OutputType[],
): NodeShape {
  const spread = (at: number, count: number) => (HEAD * (at + 1)) / (count + 1);
  const linked = inputs.filter((each) => each.widget === "none" || isLink(node.inputs[each.name]));
  return {
    width,
    height: HEAD,
    minWidth: MIN_WIDTH,
    minHeight: HEAD,
    isCollapsed: true,
    rows: [],
    inputs: linked.map((input, at) => ({
      input,
      y: spread(at, linked.length),
      isLinked: isLink(node.inputs[input.name]),
    })),
    outputs: outputs.map((output, slot) => ({ output, slot, y: spread(slot, outputs.length) })),
  };
}
