// Files of the server that nodes read: which there are by folder, which node loads them, which input of a node takes them.
import { inputsOf } from "@/catalogue/nodeTypes";
import type { InputType, NodeType } from "@/catalogue/types";
import type { WorkflowNode } from "@/document/types";
import { minBy } from "./matching";

/** A file in a folder of models, or of pictures (`input`). */
export interface ModelFile {
  readonly folder: string;
  readonly name: string;
}

/** What people mean by loading a file of a folder, where several node types could. */
const USUAL: Readonly<Record<string, string>> = {
  checkpoints: "CheckpointLoaderSimple",
  loras: "LoraLoader",
  input: "LoadImage",
  text_encoders: "CLIPLoader",
};
/** What files of most workflows come from, first. */
const FIRST = ["checkpoints", "diffusion_models", "loras", "vae", "text_encoders", "controlnet", "input"];

/** The files of every folder that some node reads, the usual folders first. */
export function filesByFolder(types: Iterable<NodeType>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const type of types)
    for (const { schema } of type.inputs) {
      const folder = schema["x-files"];
      if (folder === undefined) continue;
      const names = found.get(folder) ?? new Set();
      for (const choice of schema.enum ?? []) if (isFile(choice)) names.add(choice);
      found.set(folder, names);
    }
  const rank = (folder: string) => (FIRST.includes(folder) ? FIRST.indexOf(folder) : FIRST.length);
  return new Map(
    [...found]
      .filter(([, names]) => names.size > 0)
      .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
      .map(([folder, names]) => [folder, [...names]]),
  );
}

/** Choices such as `[None]` are no files. */
function isFile(choice: unknown): choice is string {
  return typeof choice === "string" && !/^\[.*\]$|^none$/i.test(choice);
}

/** The node type that loads files of a folder, and the input that names them; undefined if there is none. */
export function loaderOf(
  folder: string,
  types: Iterable<NodeType>,
): { readonly type: NodeType; readonly input: string } | undefined {
  const loaders = [...types].flatMap((type) => {
    const input = type.inputs.find((each) => each.schema["x-files"] === folder);
    const isLoader = input !== undefined && !type.deprecated && type.outputs.length > 0;
    return isLoader ? [{ type, input: input.name }] : [];
  });
  return minBy(loaders, ({ type }) => (type.id === USUAL[folder] ? -1 : type.inputs.length));
}

/** The input of a node that takes a file. */
export function inputTaking(file: ModelFile, type: NodeType, node: WorkflowNode): InputType | undefined {
  return inputsOf(type, node).find((each) => each.schema["x-files"] === file.folder);
}
