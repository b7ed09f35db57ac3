// A theme of one's own: a JSON or CSS file that gives tokens of theme/tokens.css other values.
import type { App } from "@/app";
import type { Service } from "@/shell/slots";

const NAME = /^--[a-z][a-z0-9-]*$/;
/** Nothing that fetches, and nothing that ends the declaration. */
const VALUE = /^(?!.*(url\(|image\(|expression|@import))[^;{}<>\\]{1,200}$/i;
const DECLARATION = /(--[a-z][a-z0-9-]*)\s*:\s*([^;{}]+)[;}]/gi;

/** The tokens in a file: `{"--warp": "#0af"}`, or the declarations of a style sheet. Whatever else is left out. */
export function readTheme(text: string): Record<string, string> {
  const pairs = text.trimStart().startsWith("{") ? fromJson(text) : fromCss(text);
  return Object.fromEntries(
    pairs.flatMap(([name, value]): [string, string][] => {
      const key = name.startsWith("--") ? name : `--${name}`;
      return NAME.test(key) && VALUE.test(value) ? [[key, value.trim()]] : [];
    }),
  );
}

function fromJson(text: string): [string, string][] {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== "object" || found === null) return [];
    return Object.entries(found).flatMap(([name, value]): [string, string][] =>
      typeof value === "string" ? [[name, value]] : [],
    );
  } catch {
    return [];
  }
}

function fromCss(text: string): [string, string][] {
  return [...text.matchAll(DECLARATION)].map(([, name = "", value = ""]) => [name, value]);
}

/** Puts the tokens of a person's theme over those of the chosen one. */
export const ownTheme: Service = {
  id: "settings.theme",
  start(app: App) {
    let applied: readonly string[] = [];
    const apply = () => {
      const { style } = document.documentElement;
      for (const name of applied) style.removeProperty(name);
      const { tokens } = app.ui.getState();
      for (const [name, value] of Object.entries(tokens)) style.setProperty(name, value);
      applied = Object.keys(tokens);
      // The canvas reads its colours anew when the scheme changes.
      app.ui.setState(({ scheme }) => ({ scheme: scheme === "dark" ? "light" : "dark" }));
      app.ui.setState(({ scheme }) => ({ scheme: scheme === "dark" ? "light" : "dark" }));
    };
    if (Object.keys(app.ui.getState().tokens).length > 0) apply();
    return app.ui.subscribe(({ tokens }, before) => tokens !== before.tokens && apply());
  },
};
