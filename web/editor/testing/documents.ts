// Small documents for tests.
import type { WorkflowDocument } from "@/document/types";

/** Load -> Encode -> Sample -> Decode -> Save. */
export function pipeline(): WorkflowDocument {
  return {
    latentloom: 1,
    graph: {
      "1": { class_type: "Load", inputs: { name: "a" } },
      "2": { class_type: "Encode", inputs: { text: "a castle", clip: ["1", 1] } },
      "3": { class_type: "Sample", inputs: { model: ["1", 0], seed: 7, positive: ["2", 0] } },
      "4": { class_type: "Decode", inputs: { samples: ["3", 0], vae: ["1", 2] } },
      "5": { class_type: "Blur", inputs: { image: ["4", 0], radius: 2 } },
      "6": { class_type: "Save", inputs: { images: ["5", 0], prefix: "x" } },
    },
    layout: {
      nodes: Object.fromEntries(
        ["1", "2", "3", "4", "5", "6"].map((id, at) => [id, { position: [at * 320, 0] as [number, number] }]),
      ),
    },
    subgraphs: {},
  };
}
