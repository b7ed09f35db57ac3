// Keys as people write them: `Mod+Shift+Z`, `F2`, `.`, `Alt+ArrowUp`.

export const IS_MAC = typeof navigator !== "undefined" && /Mac|iP(hone|ad)/.test(navigator.platform);

type Pressed = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** The chord of a key press, or undefined while only modifiers are down. */
export function chordOf(event: Pressed, isMac: boolean = IS_MAC): string | undefined {
  const key = keyName(event);
  if (key === undefined) return undefined;
  const parts: string[] = [];
  if (isMac ? event.metaKey : event.ctrlKey) parts.push("Mod");
  if (isMac && event.ctrlKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  // A sign such as `?` already says that Shift was down.
  if (event.shiftKey && (key.length > 1 || /[A-Z0-9]/.test(key))) parts.push("Shift");
  return [...parts, key].join("+");
}

/** A chord as it is shown: `Ctrl+Shift+Z`, or `⇧⌘Z`. */
export function showChord(chord: string, isMac: boolean = IS_MAC): string {
  const signs: Record<string, string> = isMac
    ? { Mod: "⌘", Shift: "⇧", Alt: "⌥", Ctrl: "⌃" }
    : { Mod: "Ctrl", Shift: "Shift", Alt: "Alt" };
  const names: Record<string, string> = {
    ArrowUp: "↑",
    ArrowDown: "↓",
    ArrowLeft: "←",
    ArrowRight: "→",
    Delete: "Del",
    Escape: "Esc",
    Enter: "↵",
  };
  const parts = chord === "+" ? ["+"] : chord.split(/\+(?!$)/);
  return parts.map((part) => signs[part] ?? names[part] ?? part).join(isMac ? "" : "+");
}

function keyName(event: Pressed): string | undefined {
  if (["Control", "Shift", "Alt", "Meta", "AltGraph", "Dead", "Process"].includes(event.key))
    return undefined;
  if (event.key === " ") return "Space";
  // Digits and letters by place where a modifier or another alphabet changes what the key gives.
  const place = /^(?:Key([A-Z])|Digit(\d))$/.exec(event.code);
  const isPlain = /^[a-zA-Z]$/.test(event.key);
  if (isPlain) return event.key.toUpperCase();
  if (
    place !== null &&
    (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) &&
    place[2] !== undefined
  )
    return place[2];
  if (place !== null && (event.key.length > 1 || (event.key.codePointAt(0) ?? 0) > 127))
    return place[1] ?? place[2];
  return event.key;
}
