import { describe, expect, test } from "vitest";
import { COMMANDS } from "./all";
import { keyConflicts } from "./conflicts";
import { KEY_PRESETS } from "./presets";
import type { Command } from "./types";

describe("keys (checklist 59)", () => {
  test.each(Object.entries(KEY_PRESETS))(
    "the preset %s names commands that exist, without conflicts",
    (_, preset) => {
      const ids = new Set(COMMANDS.map((command) => command.id));
      for (const id of Object.keys(preset)) expect(ids, id).toContain(id);
      const conflicts = keyConflicts(COMMANDS, (command) => preset[command.id] ?? command.keys ?? []);
      expect([...conflicts].map(([id, others]) => `${id}: ${others.map((each) => each.id)}`)).toEqual([]);
    },
  );

  test("a chord that was bound twice is told at both commands", () => {
    const command = (id: string, keys: string[]): Command => ({
      id,
      keys,
      label: "app.close",
      group: "edit",
      run: () => {},
    });
    const commands = [command("a.one", ["A"]), command("b.two", ["B"])];
    const conflicts = keyConflicts(commands, () => ["A"]);
    expect(conflicts.get("a.one")?.map((each) => each.id)).toEqual(["b.two"]);
    expect(conflicts.get("b.two")?.map((each) => each.id)).toEqual(["a.one"]);
  });
});
