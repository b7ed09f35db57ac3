// Weights of words in prompts: `(castle:1.2)`.

export interface Weighted {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const GROUP = /\(([^()]*?)(?::(\d+(?:\.\d+)?))?\)/g;

/** The text with the weight of the selection, or of the word at the cursor, changed; a weight of 1 takes the brackets
 * away. */
export function weighted(text: string, start: number, end: number, by: number): Weighted {
  const group = groupAt(text, start, end);
  if (group !== undefined)
    return replaced(text, group.from, group.to, group.words, Math.max(0, round(group.weight + by)));
  const [from, to] = start === end ? wordAt(text, start) : trimmed(text, start, end);
  if (from === to) return { text, start, end };
  return replaced(text, from, to, text.slice(from, to), round(1 + by));
}

function replaced(text: string, from: number, to: number, words: string, weight: number): Weighted {
  const made = weight === 1 ? words : `(${words}:${weight})`;
  const start = weight === 1 ? from : from + 1;
  return { text: text.slice(0, from) + made + text.slice(to), start, end: start + words.length };
}

function groupAt(text: string, start: number, end: number) {
  for (const match of text.matchAll(GROUP)) {
    const [whole, words = "", weight = "1.1"] = match;
    if (match.index <= start && end <= match.index + whole.length) {
      return { from: match.index, to: match.index + whole.length, words, weight: Number(weight) };
    }
  }
  return undefined;
}

function wordAt(text: string, at: number): [number, number] {
  const before = /[^\s,()]*$/.exec(text.slice(0, at))?.[0].length ?? 0;
  const after = /^[^\s,()]*/.exec(text.slice(at))?.[0].length ?? 0;
  return [at - before, at + after];
}

function trimmed(text: string, start: number, end: number): [number, number] {
  const words = text.slice(start, end);
  return [start + words.length - words.trimStart().length, end - (words.length - words.trimEnd().length)];
}

function round(weight: number): number {
  return Math.round(weight * 100) / 100;
}
