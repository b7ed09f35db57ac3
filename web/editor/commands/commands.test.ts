import { expect, test } from "vitest";
import { EN } from "@/i18n/catalogues";
import { COMMANDS } from "./all";
import { chordOf, showChord } from "./chords";
import type { Command } from "./types";

const press = (key: string, code: string, more: Partial<KeyboardEvent> = {}) => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

test.each([
  [press("z", "KeyZ", { ctrlKey: true }), "Mod+Z"],
  [press("Z", "KeyZ", { ctrlKey: true, shiftKey: true }), "Mod+Shift+Z"],
  [press("?", "Slash", { shiftKey: true }), "?"],
  [press("A", "KeyA", { shiftKey: true }), "Shift+A"],
  [press("!", "Digit1", { shiftKey: true }), "Shift+1"],
  [press("ArrowLeft", "ArrowLeft", { altKey: true }), "Alt+ArrowLeft"],
  [press("я", "KeyZ", { ctrlKey: true }), "Mod+Z"],
  [press("Control", "ControlLeft", { ctrlKey: true }), undefined],
])("a key press is a chord", (event, chord) => {
  expect(chordOf(event, false)).toBe(chord);
});

test("chords are shown as people know them", () => {
  expect(showChord("Mod+Shift+Z", false)).toBe("Ctrl+Shift+Z");
  expect(showChord("Mod+Shift+Z", true)).toBe("⌘⇧Z");
  expect(showChord("+", false)).toBe("+");
});

test("no two commands share an id, keys are shared only by commands that say when they can be done, and every label has a text (checklist 59)", () => {
  const ids = COMMANDS.map((command) => command.id);
  expect(new Set(ids).size).toBe(ids.length);
  // A key may mean one thing for nodes and another for groups: the first command that can be done is done.
  const always = COMMANDS.filter((command) => command.enabled === undefined);
  const chords = (commands: readonly Command[]) => commands.flatMap((command) => command.keys ?? []);
  const shared = chords(COMMANDS).filter((chord, at, all) => all.indexOf(chord) !== at);
  expect(chords(always).filter((chord) => shared.includes(chord))).toEqual([]);
  const areas = EN as unknown as Record<string, Record<string, string>>;
  for (const { label } of COMMANDS) {
    const [area = "", key = ""] = label.split(".");
    expect(areas[area]?.[key], label).toBeTypeOf("string");
  }
});
