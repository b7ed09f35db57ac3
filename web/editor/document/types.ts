// The workflow document, exactly as docs/workflow-format.md says. Keys that are not named here are kept.
import type { Json, JsonObject } from "./json";

export type NodeId = string;
export type GroupId = string;
export type NoteId = string;
/** Which graph of a document: `""` is the graph itself, anything else the id of a definition in `subgraphs`. */
export type Scope = string;
export const ROOT: Scope = "";

/** `[node, output number]`, standing at the input that it leads into. */
export type Link = [NodeId | number, number];
export type Point = [number, number];
export type Mode = "normal" | "bypass" | "mute";
export type AfterRun = "fixed" | "randomize" | "increment" | "decrement";

interface Open {
  /** Whatever this program does not know is kept. */
  [key: string]: unknown;
}

export interface WorkflowNode extends Open {
  class_type: string;
  inputs: JsonObject;
  _meta?: { title?: string; [key: string]: unknown };
}

export type Graph = Record<NodeId, WorkflowNode>;

export interface NodeLayout extends Open {
  position?: Point;
  size?: Point;
  colour?: string;
  title_colour?: string;
  collapsed?: boolean;
  pinned?: boolean;
  /** Whether it shows whichever output somebody last asked to see. */
  viewer?: boolean;
  mode?: Mode;
  /** What happens to inputs after each run, such as `{"seed": "randomize"}`. */
  after_run?: Record<string, AfterRun>;
}

export interface LinkLayout extends Open {
  /** Bends from output to input. */
  points?: Point[];
  hidden?: boolean;
}

export interface GroupLayout extends Open {
  title?: string;
  /** x, y, width, height */
  bounds: [number, number, number, number];
  colour?: string;
  nodes?: NodeId[];
}

export interface NoteLayout extends Open {
  /** Markdown. */
  text: string;
  position: Point;
  size?: Point;
  colour?: string;
}

export interface Parameter extends Open {
  node: NodeId;
  input: string;
  help?: string;
}

export interface Layout extends Open {
  nodes?: Record<NodeId, NodeLayout>;
  /** Keyed by the node and the input that a link leads into. */
  links?: Record<NodeId, Record<string, LinkLayout>>;
  groups?: Record<GroupId, GroupLayout>;
  notes?: Record<NoteId, NoteLayout>;
  parameters?: Record<string, Parameter>;
}

export interface DefinitionInput extends Open {
  name: string;
  to: [NodeId, string][];
  type?: string;
  help?: string;
}

export interface DefinitionOutput extends Open {
  name: string;
  from: Link;
  type?: string;
  help?: string;
}

/** A subgraph: a graph with a layout of its own and with declared inputs and outputs. */
export interface Definition extends Open {
  title?: string;
  description?: string;
  graph: Graph;
  layout?: Layout;
  inputs?: DefinitionInput[];
  outputs?: DefinitionOutput[];
}

export interface WorkflowDocument extends Open {
  latentloom: number;
  graph: Graph;
  layout?: Layout;
  subgraphs?: Record<string, Definition>;
}

/** One graph with its layout: the document's own, or a definition's. */
export interface GraphPart {
  graph: Graph;
  layout?: Layout;
}

export const EMPTY_LAYOUT: Layout = Object.freeze({});

/** The newest format version that this editor understands. */
export const FORMAT_VERSION = 1;

/** A document without nodes. */
export function emptyDocument(): WorkflowDocument {
  return { latentloom: FORMAT_VERSION, graph: {}, layout: {}, subgraphs: {} };
}

/** Whether the value of an input is a link: every list of two is. A list as a value stands in `{"__value__": […]}`. */
export function isLink(value: Json | undefined): value is Link {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    (typeof value[0] === "string" || typeof value[0] === "number") &&
    typeof value[1] === "number"
  );
}

/** The graph of a scope, or undefined if the document has no such definition. */
export function partAt(document: WorkflowDocument, scope: Scope): GraphPart | undefined {
  return scope === ROOT ? document : document.subgraphs?.[scope];
}

/** The graph of a scope inside a recipe. Throws if there is none: the caller's scope is out of date. */
export function draftAt(document: WorkflowDocument, scope: Scope): GraphPart & { layout: Layout } {
  const part = partAt(document, scope);
  if (part === undefined) throw new Error(`The document has no subgraph "${scope}".`);
  part.layout ??= {};
  return part as GraphPart & { layout: Layout };
}

/** The name that people see for a node: its own title, else its type's. */
export function titleOf(node: WorkflowNode, typeTitle?: string): string {
  const own = node._meta?.title;
  return typeof own === "string" && own !== "" ? own : (typeTitle ?? node.class_type);
}
