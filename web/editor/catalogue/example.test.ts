import { expect, test } from "vitest";
import { typeNamed } from "@/testing/catalogue";
import { exampleOf } from "./example";

test("a node's help shows it as it stands in a document, with links and values (checklist 62)", () => {
  expect(JSON.parse(exampleOf(typeNamed("Blur")))).toEqual({
    "1": { class_type: "Blur", inputs: { image: ["image", 0], radius: 1 } },
  });
});
