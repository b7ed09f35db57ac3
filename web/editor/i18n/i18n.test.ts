import { expect, test } from "vitest";
import { EN } from "./catalogues";
import { loadTexts, translator } from "./translate";

test.each(["de", "fr"] as const)(
  "%s has every text of English with the same places (checklist 64)",
  async (language) => {
    const texts = await loadTexts(language);
    const places = (text: string) => [...text.matchAll(/\{(\w+)/g)].map((match) => match[1]).sort();
    for (const [area, keys] of Object.entries(EN)) {
      expect(Object.keys(texts[area] ?? {}).sort(), area).toEqual(Object.keys(keys).sort());
      for (const [key, text] of Object.entries(keys))
        expect(new Set(places(texts[area]?.[key] ?? "")), key).toEqual(new Set(places(text)));
    }
  },
);

test("arguments are filled in and numbers choose their form", () => {
  const t = translator("en");
  expect(t("canvas.linksCut", { count: 1 })).toBe("Cut 1 link");
  expect(t("canvas.linksCut", { count: 1200 })).toBe("Cut 1,200 links");
  expect(t("canvas.insertNode", { node: "Blur" })).toBe("Insert Blur");
});
