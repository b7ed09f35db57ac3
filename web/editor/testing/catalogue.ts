// A small catalogue for tests, in the shape that the server tells.
import { fromReply, type TypeLookup } from "@/catalogue/nodeTypes";
import type { InputSchema, NodeType, NodeTypeReply } from "@/catalogue/types";

type Inputs = Record<string, InputSchema>;
const plug = (type: string): InputSchema => ({ "x-type": type, "x-socket": true });

function reply(
  id: string,
  inputs: Inputs,
  outputs: string[],
  more: Partial<NodeTypeReply> = {},
): NodeTypeReply {
  return {
    id,
    title: id,
    category: "test",
    description: "",
    version: 1,
    is_output: false,
    deprecated: false,
    experimental: false,
    source: "test",
    outputs: outputs.map((type) => ({ name: type, type, is_list: false, help: "" })),
    order: Object.keys(inputs),
    inputs: {
      properties: inputs,
      required: Object.keys(inputs).filter((name) => inputs[name]?.["x-socket"]),
    },
    ...more,
  };
}

const REPLIES: NodeTypeReply[] = [
  reply("Load", { name: { "x-type": "COMBO", enum: ["a", "b"] } }, ["MODEL", "CLIP", "VAE"]),
  reply(
    "Encode",
    { text: { "x-type": "STRING", type: "string", "x-multiline": true, default: "" }, clip: plug("CLIP") },
    ["CONDITIONING"],
  ),
  reply(
    "Sample",
    {
      model: plug("MODEL"),
      seed: {
        "x-type": "INT",
        type: "integer",
        default: 0,
        minimum: 0,
        maximum: 2 ** 64,
        "x-control-after-generate": true,
      },
      positive: plug("CONDITIONING"),
      negative: plug("CONDITIONING"),
      latent: plug("LATENT"),
    },
    ["LATENT"],
  ),
  reply("Decode", { samples: plug("LATENT"), vae: plug("VAE") }, ["IMAGE"]),
  reply(
    "Blur",
    {
      image: plug("IMAGE"),
      radius: { "x-type": "INT", type: "integer", default: 1, minimum: 0, maximum: 31 },
    },
    ["IMAGE"],
  ),
  reply("Save", { images: plug("IMAGE"), prefix: { "x-type": "STRING", type: "string", default: "x" } }, [], {
    is_output: true,
  }),
];

export const TYPES: ReadonlyMap<string, NodeType> = new Map(
  REPLIES.map((each) => [each.id, fromReply(each)]),
);
export const lookup: TypeLookup = (id) => TYPES.get(id);

/** The type, which must be there. */
export function typeNamed(id: string): NodeType {
  const type = TYPES.get(id);
  if (type === undefined) throw new Error(`There is no type ${id}.`);
  return type;
}
