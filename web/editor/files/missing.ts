// What a document needs and this server lacks: node types, and files that inputs name.
import { inputsOf, type TypeLookup, typeById } from "@/catalogue/nodeTypes";
import {
  type GraphPart,
  isLink,
  type NodeId,
  ROOT,
  type Scope,
  type WorkflowDocument,
} from "@/document/types";

export interface PlaceOf {
  readonly scope: Scope;
  readonly node: NodeId;
  readonly input?: string;
}

export interface MissingType {
  readonly type: string;
  readonly places: readonly PlaceOf[];
}

export interface MissingFile {
  readonly folder: string;
  readonly name: string;
  /** What is there instead. */
  readonly choices: readonly string[];
  readonly places: readonly PlaceOf[];
}

export interface Missing {
  readonly types: readonly MissingType[];
  readonly files: readonly MissingFile[];
}

/** Everything that is missing, each thing once with all its places. */
export function missingIn(document: WorkflowDocument, lookup: TypeLookup): Missing {
  const types = new Map<string, PlaceOf[]>();
  const files = new Map<
    string,
    { folder: string; name: string; choices: readonly string[]; places: PlaceOf[] }
  >();
  for (const [scope, part] of partsOf(document)) {
    for (const [node, each] of Object.entries(part.graph)) {
      const type = typeById(each.class_type, document, lookup);
      if (type === undefined) {
        types.set(each.class_type, [...(types.get(each.class_type) ?? []), { scope, node }]);
        continue;
      }
      for (const input of inputsOf(type, each)) {
        const folder = input.schema["x-files"];
        const value = each.inputs[input.name];
        if (folder === undefined || folder === "input" || typeof value !== "string" || isLink(value))
          continue;
        const choices = (input.schema.enum ?? []).map(String);
        if (choices.includes(value.replaceAll("\\", "/"))) continue;
        const key = `${folder}/${value}`;
        const entry = files.get(key) ?? { folder, name: value, choices, places: [] };
        entry.places.push({ scope, node, input: input.name });
        files.set(key, entry);
      }
    }
  }
  return {
    types: [...types].map(([type, places]) => ({ type, places })),
    files: [...files.values()],
  };
}

/** Whether anything is missing. */
export function isMissingAnything({ types, files }: Missing): boolean {
  return types.length > 0 || files.length > 0;
}

function partsOf(document: WorkflowDocument): [Scope, GraphPart][] {
  return [[ROOT, document], ...Object.entries(document.subgraphs ?? {})];
}
