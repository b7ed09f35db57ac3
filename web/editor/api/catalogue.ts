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
