import { describe, expect, test } from "vitest";
import type { InputSchema, NodeType } from "@/catalogue/types";
import { typeNamed } from "@/testing/catalogue";
import { filesByFolder, inputTaking, loaderOf } from "./modelFiles";

function reading(id: string, inputs: Record<string, string>, choices: string[], base = "Load"): NodeType {
  const schema = (folder: string): InputSchema => ({ "x-type": "COMBO", "x-files": folder, enum: choices });
  return {
    ...typeNamed(base),
    id,
    inputs: Object.entries(inputs).map(([name, folder]) => ({
      name,
      type: "COMBO",
      widget: "file",
      required: true,
      help: "",
      schema: schema(folder),
      onlyFor: [],
    })),
  };
}

const TRAINER = reading("Train", { model: "checkpoints" }, ["a.safetensors"], "Save");
const LOADER = reading("CheckpointLoaderSimple", { ckpt_name: "checkpoints" }, [
  "a.safetensors",
  "b.safetensors",
]);
const TWO = reading("LoadTwo", { first: "vae", second: "vae" }, ["v.safetensors"]);
const ONE = reading("LoadOne", { vae_name: "vae" }, ["[None]", "v.safetensors"]);

describe("files from the panel (checklist 16)", () => {
  test("are listed by folder, the usual folders first, each once", () => {
    expect([...filesByFolder([ONE, TRAINER, LOADER])]).toEqual([
      ["checkpoints", ["a.safetensors", "b.safetensors"]],
      ["vae", ["v.safetensors"]],
    ]);
  });

  test("make the usual loader of their folder, else the simplest node that reads it", () => {
    expect(loaderOf("checkpoints", [TRAINER, LOADER])).toEqual({ type: LOADER, input: "ckpt_name" });
    expect(loaderOf("vae", [TWO, ONE])).toEqual({ type: ONE, input: "vae_name" });
    expect(loaderOf("loras", [TWO, ONE])).toBeUndefined();
  });

  test("go into the input of a node that reads their folder", () => {
    const node = { class_type: "LoadOne", inputs: {} };
    expect(inputTaking({ folder: "vae", name: "v.safetensors" }, ONE, node)?.name).toBe("vae_name");
    expect(inputTaking({ folder: "loras", name: "l.safetensors" }, ONE, node)).toBeUndefined();
  });
});
