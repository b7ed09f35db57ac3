// `t(key, args)`: typed keys, `{name}` for arguments, `{count|one|many}` for numbers.
import type { Language } from "@/ui/store";
import { EN, type Key, type Texts } from "./catalogues";

export type Arguments = Readonly<Record<string, string | number>>;
export type Translate = (key: Key, args?: Arguments) => string;

const PLACES = /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g;

/** The texts of a language; English is always there, the others are fetched when they are wanted. */
export async function loadTexts(language: Language): Promise<Texts> {
  if (language === "de") return (await import("./de")).default;
  if (language === "fr") return (await import("./fr")).default;
  return EN;
}

/** A translator; what a language lacks is said in English. */
export function translator(language: Language, texts: Texts = EN): Translate {
  const plurals = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (key, args = {}) => {
    const text = textOf(texts, key) ?? textOf(EN, key) ?? key;
    return text.replace(PLACES, (whole: string, name: string, one?: string, many?: string) => {
      const value = args[name];
      if (value === undefined) return whole;
      const written = typeof value === "number" ? numbers.format(value) : value;
      if (one === undefined || many === undefined) return written;
      return (plurals.select(Number(value)) === "one" ? one : many).replace("#", written);
    });
  };
}

function textOf(texts: Texts, key: string): string | undefined {
  const dot = key.indexOf(".");
  return texts[key.slice(0, dot)]?.[key.slice(dot + 1)];
}
