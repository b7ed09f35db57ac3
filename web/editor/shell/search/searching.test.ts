import { expect, test } from "vitest";
import { TYPES } from "@/testing/catalogue";
import { connectable, nodeFinder } from "./searching";

const ALL = [...TYPES.values()];
const NEVER = { usedTypes: {}, recentTypes: [] };

test("names are found fuzzily, the best first (checklist 12)", () => {
  const find = nodeFinder(ALL, NEVER);
  expect(find("smpl")[0]?.id).toBe("Sample");
  expect(find("de")[0]?.id).toBe("Decode");
  expect(find("zzz")).toEqual([]);
});

test("of relatives that match alike the plain one comes first (checklist 12)", () => {
  const like = (id: string, title: string) => ({ ...ALL[0], id, title }) as (typeof ALL)[number];
  const find = nodeFinder(
    [
      like("VAEEncodeAudio", "Encode audio"),
      like("VAEEncodeTiled", "Encode image in tiles"),
      like("VAEEncode", "Encode image"),
      like("LTXVAudioVAEEncode", "Encode audio for LTX-2"),
    ],
    NEVER,
  );
  expect(find("vaeenc")[0]?.id).toBe("VAEEncode");
  expect(find("encode")[0]?.id).toBe("VAEEncode");
});

test("what was used comes first while nothing is typed", () => {
  const find = nodeFinder(ALL, { usedTypes: { Save: 9 }, recentTypes: ["Blur"] });
  expect(
    find("")
      .slice(0, 2)
      .map((type) => type.id),
  ).toEqual(["Blur", "Save"]);
});

test("a link offers only what it can be connected to (checklist 13)", () => {
  const from = { node: "1", side: "output", name: "", slot: 0, type: "VAE" } as const;
  expect(connectable(ALL, from).map((type) => type.id)).toEqual(["Decode"]);
  const to = { node: "1", side: "input", name: "x", slot: 0, type: "LATENT" } as const;
  expect(connectable(ALL, to).map((type) => type.id)).toEqual(["Sample"]);
});

test("two thousand types answer within a frame (checklist 12)", () => {
  const many = Array.from(
    { length: 2000 },
    (_, at) =>
      ({ ...ALL[at % ALL.length], id: `Type${at}`, title: `Node number ${at}` }) as (typeof ALL)[number],
  );
  const find = nodeFinder(many, NEVER);
  expect(find("number 17").length).toBeGreaterThan(0);
});
