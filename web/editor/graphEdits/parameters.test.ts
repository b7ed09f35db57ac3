import { describe, expect, test } from "vitest";
import { DocumentStore } from "@/document/store";
import { lookup } from "@/testing/catalogue";
import { pipeline } from "@/testing/documents";
import {
  addToForm,
  formEntries,
  inputInForm,
  moveInForm,
  removeFromForm,
  renameInForm,
  usualInputs,
} from "./parameters";

describe("the form (checklist 57)", () => {
  const store = () => {
    const made = new DocumentStore(pipeline());
    made.edit("add", (draft) => {
      addToForm(draft, "2", "text", { label: "Prompt" });
      addToForm(draft, "3", "seed");
      addToForm(draft, "5", "radius");
    });
    return made;
  };
  const names = (made: DocumentStore) => formEntries(made.doc).map((each) => each.name);

  test("entries are named parameters of the document, added once, in order", () => {
    const made = store();
    made.edit("again", (draft) => void addToForm(draft, "3", "seed", { label: "other" }));
    expect(names(made)).toEqual(["Prompt", "seed", "radius"]);
    expect(made.doc.layout?.parameters?.Prompt).toMatchObject({ node: "2", input: "text" });
  });

  test("entries are moved, renamed in place and removed", () => {
    const made = store();
    made.edit("move", (draft) => moveInForm(draft, "radius", -1));
    expect(names(made)).toEqual(["Prompt", "radius", "seed"]);
    made.edit("rename", (draft) => renameInForm(draft, "radius", "Softness"));
    expect(names(made)).toEqual(["Prompt", "Softness", "seed"]);
    made.edit("rename", (draft) => renameInForm(draft, "seed", "Prompt"));
    expect(names(made)).toEqual(["Prompt", "Softness", "Prompt 2"]);
    made.edit("remove", (draft) => removeFromForm(draft, "Softness"));
    expect(names(made)).toEqual(["Prompt", "Prompt 2"]);
  });

  test("what an entry edits is the input of the node itself", () => {
    const made = store();
    const entry = formEntries(made.doc)[1];
    expect(entry && inputInForm(made.doc, entry.parameter, lookup)?.widget).toBe("seed");
    expect(inputInForm(made.doc, { node: "99", input: "x" }, lookup)).toBeUndefined();
  });

  test("usual inputs are proposed: prompts by the name of their node, then seeds", () => {
    expect(usualInputs(pipeline(), lookup)).toEqual([
      { node: "2", input: "text", label: "Encode" },
      { node: "3", input: "seed", label: "seed" },
    ]);
  });
});
