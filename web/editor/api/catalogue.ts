// What the server tells of one node type besides the catalogue.
import { ask } from "./http";

export interface NodeSourceReply {
  /** From the root of the program. */
  readonly file: string;
  /** The first line, counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** How a node type that comes with the program is declared, as Python. */
export function getNodeSource(type: string): Promise<NodeSourceReply> {
  return ask(`/api/v2/catalogue/${encodeURIComponent(type)}/source`);
}

export interface NodeExampleReply {
  /** A graph in the API shape. */
  readonly workflow: unknown;
  /** The files that it names and that do not come with the program, as `folder/name`. */
  readonly needs: readonly string[];
}

/** A small graph that shows a node type at work. */
export function getNodeExample(type: string): Promise<NodeExampleReply> {
  return ask(`/api/v2/catalogue/${encodeURIComponent(type)}/example`);
}
