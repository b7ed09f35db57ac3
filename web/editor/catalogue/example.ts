// A node as it stands in a document: what it is called, its links, its values.
import type { JsonObject } from "@/document/json";
import { writeJson } from "@/document/json";
import type { NodeType } from "./types";
import { initialValue } from "./widgets";

/** A short document with one node: links come from made-up nodes that are named after what they give. */
export function exampleOf(type: NodeType): string {
  const inputs: JsonObject = {};
  for (const input of type.inputs) {
    if (input.onlyFor.length > 0) continue;
    const value = initialValue(input.schema);
    if (input.widget === "none") {
      if (input.required) inputs[input.name] = [input.name, 0];
    } else if (value !== undefined) inputs[input.name] = value;
  }
  return writeJson({ "1": { class_type: type.id, inputs } }, 1);
}
