import { expect, test } from "vitest";
import type { WorkflowDocument } from "@/document/types";
import { lookup, typeNamed } from "@/testing/catalogue";
import { fromDefinition, fromReply, inputsOf, outputsOf, typeOfNode } from "./nodeTypes";
import type { NodeTypeReply } from "./types";

const BASE: NodeTypeReply = {
  id: "X",
  title: "X",
  category: "",
  description: "",
  version: 1,
  is_output: false,
  deprecated: false,
  experimental: false,
  source: "",
  outputs: [],
  order: [],
  inputs: { properties: {} },
};

test("inputs that grow offer one more than are used", () => {
  const pattern = { "^values\\.(a|b|c)$": { "x-type": "FLOAT", "x-socket": true } };
  const type = fromReply({ ...BASE, inputs: { properties: {}, patternProperties: pattern } });
  const names = (inputs: Record<string, never[] | [string, number]>) =>
    inputsOf(type, { class_type: "X", inputs }).map((each) => each.name);
  expect(names({})).toEqual(["values.a"]);
  expect(names({ "values.a": ["1", 0] })).toEqual(["values.a", "values.b"]);
  expect(names({ "values.c": ["1", 0] })).toEqual(["values.a", "values.b", "values.c"]);
});

test("inputs of a choice are there only while it is made", () => {
  const properties = {
    kind: { "x-type": "COMBO", enum: ["width", "factor"], default: "width" },
    "kind.width": { "x-type": "INT", type: "integer" as const, "x-only-for": ["width"] },
    "kind.factor": { "x-type": "FLOAT", type: "number" as const, "x-only-for": ["factor"] },
  };
  const type = fromReply({ ...BASE, order: Object.keys(properties), inputs: { properties } });
  const names = (kind?: string) =>
    inputsOf(type, { class_type: "X", inputs: kind === undefined ? {} : { kind } }).map((each) => each.name);
  expect(names()).toEqual(["kind", "kind.width"]);
  expect(names("factor")).toEqual(["kind", "kind.factor"]);
});

test("a node of unknown type keeps its inputs, and gets the outputs that are used", () => {
  const node = {
    class_type: "Nowhere",
    inputs: { image: ["1", 0] as [string, number], strength: 0.5, text: "x" },
  };
  const type = typeOfNode(node, { latentloom: 1, graph: {} }, lookup);
  expect(type.origin).toBe("unknown");
  expect(type.inputs.map((each) => [each.name, each.widget])).toEqual([
    ["image", "none"],
    ["strength", "number"],
    ["text", "line"],
  ]);
  expect(outputsOf(type, [1])).toHaveLength(2);
});

test("a definition is a node type whose promoted widgets are those inside", () => {
  const document: WorkflowDocument = {
    latentloom: 1,
    graph: {},
    subgraphs: {
      s: {
        title: "Soften",
        graph: { "1": { class_type: "Blur", inputs: { radius: 5 } } },
        inputs: [
          { name: "image", to: [["1", "image"]] },
          { name: "how much", to: [["1", "radius"]], help: "More is softer." },
        ],
        outputs: [{ name: "IMAGE", from: ["1", 0] }],
      },
    },
  };
  const type = fromDefinition("s", document.subgraphs?.s ?? { graph: {} }, document, lookup);
  expect(type.title).toBe("Soften");
  expect(type.inputs.map((each) => [each.name, each.type, each.widget])).toEqual([
    ["image", "IMAGE", "none"],
    ["how much", "INT", "integer"],
  ]);
  expect(type.inputs[1]?.schema.default).toBe(5);
  expect(type.outputs.map((each) => each.type)).toEqual(["IMAGE"]);
  expect(typeNamed("Blur").inputs[1]?.schema.default).toBe(1);
});
