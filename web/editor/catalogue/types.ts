// Node types as the editor uses them, made from the server's catalogue. The catalogue is data: a new Python node needs
// no line here.
import type { Json } from "@/document/json";

/** What the server tells at `/api/v2/catalogue`. */
export interface CatalogueReply {
  digest: string;
  nodes: NodeTypeReply[];
  replacements: Record<string, string>;
  packs: Record<string, Json>[];
}

export interface NodeTypeReply {
  id: string;
  title: string;
  category: string;
  description: string;
  version: number;
  is_output: boolean;
  deprecated: boolean;
  experimental: boolean;
  source: string;
  outputs: { name: string; type: string; is_list: boolean; help: string }[];
  order: string[];
  inputs: InputsSchema;
}

export interface InputsSchema {
  properties: Record<string, InputSchema>;
  patternProperties?: Record<string, InputSchema>;
  required?: string[];
}

/** JSON Schema of one input, with the `x-` keywords of `graph/schema/json_schema.py`. */
export interface InputSchema {
  "x-type": string;
  "x-socket"?: boolean;
  "x-step"?: number;
  "x-multiline"?: boolean;
  "x-lazy"?: boolean;
  "x-control-after-generate"?: boolean;
  "x-files"?: string;
  "x-only-for"?: Json[];
  type?: "integer" | "number" | "string" | "boolean";
  description?: string;
  default?: Json;
  minimum?: number;
  maximum?: number;
  enum?: Json[];
  [key: string]: unknown;
}

/** How an input is edited on the node. `none`: it can only be linked. */
export type WidgetKind =
  | "none"
  | "switch"
  | "segmented"
  | "select"
  | "file"
  | "image"
  | "integer"
  | "number"
  | "slider"
  | "seed"
  | "line"
  | "text"
  | "colour"
  | "json";

/** One input of a node type. */
export interface InputType {
  readonly name: string;
  /** The wire type: `IMAGE`, `INT`, `COMBO`, a union such as `IMAGE,MASK`, or `*`. */
  readonly type: string;
  readonly widget: WidgetKind;
  readonly required: boolean;
  readonly help: string;
  readonly schema: InputSchema;
  /** For `group.child` inputs: they exist only while the input `group` has one of these values. */
  readonly onlyFor: readonly Json[];
}

/** Inputs that grow: `values.a`, `values.b`, …: the next free one is offered. */
export interface GrowingInput {
  readonly group: string;
  /** Full names in order. */
  readonly names: readonly string[];
  readonly minimum: number;
  readonly schema: InputSchema;
  readonly type: string;
}

export interface OutputType {
  readonly name: string;
  readonly type: string;
  readonly isList: boolean;
  readonly help: string;
}

/** A node type, from the server or from a subgraph definition of the document. */
export interface NodeType {
  readonly id: string;
  readonly title: string;
  readonly category: string;
  readonly description: string;
  readonly isOutput: boolean;
  readonly deprecated: boolean;
  readonly experimental: boolean;
  readonly source: string;
  /** In the order of declaration. */
  readonly inputs: readonly InputType[];
  readonly growing: readonly GrowingInput[];
  readonly outputs: readonly OutputType[];
  /** `server`: declared in Python; `subgraph`: a definition of this document; `unknown`: guessed from what is linked. */
  readonly origin: "server" | "subgraph" | "unknown";
}
