import { expect, test } from "vitest";
import { typeNamed } from "@/testing/catalogue";
import { sharedInputs } from "./shared";

const typed = (id: string, type: string, inputs: Record<string, never>) => ({
  id,
  node: { class_type: type, inputs },
  type: typeNamed(type),
});

test("several nodes share the widgets of the same name and kind (checklist 40)", () => {
  const nodes = [
    typed("1", "Blur", { radius: 3 } as never),
    typed("2", "Blur", { radius: 5 } as never),
    typed("3", "Blur", {} as never),
  ];
  const [radius, ...others] = sharedInputs(nodes);
  expect(others).toEqual([]);
  expect(radius).toMatchObject({ nodes: ["1", "2", "3"], isMixed: true, value: undefined });
});

test("equal values are shown, linked widgets are left out", () => {
  const same = [typed("1", "Blur", { radius: 3 } as never), typed("2", "Blur", { radius: 3 } as never)];
  expect(sharedInputs(same)[0]).toMatchObject({ isMixed: false, value: 3 });
  const linked = [
    typed("1", "Blur", { radius: ["9", 0] } as never),
    typed("2", "Blur", { radius: 3 } as never),
  ];
  expect(sharedInputs(linked)).toEqual([]);
});

test("nodes of different types share only what means the same", () => {
  const nodes = [typed("1", "Blur", {} as never), typed("2", "Encode", {} as never)];
  expect(sharedInputs(nodes)).toEqual([]);
});
