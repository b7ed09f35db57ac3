import { expect, test } from "vitest";
import { EN } from "@/i18n/catalogues";
import { COMMANDS } from "./all";
import { chordOf, showChord } from "./chords";

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

test("no two commands share an id or a key, and every label has a text (checklist 59)", () => {
  const ids = COMMANDS.map((command) => command.id);
  expect(new Set(ids).size).toBe(ids.length);
  const bound = COMMANDS.flatMap((command) => command.keys ?? []);
  expect(bound.filter((chord, at) => bound.indexOf(chord) !== at)).toEqual([]);
  const areas = EN as unknown as Record<string, Record<string, string>>;
  for (const { label } of COMMANDS) {
    const [area = "", key = ""] = label.split(".");
    expect(areas[area]?.[key], label).toBeTypeOf("string");
  }
});
