// Reads the Markdown of notes into a tree: headings, lists, quotes, code, emphasis, links. HTML stays text.

export type Inline =
  | { readonly kind: "text" | "code"; readonly text: string }
  | { readonly kind: "strong" | "emphasis" | "struck"; readonly content: readonly Inline[] }
  | { readonly kind: "link"; readonly href: string; readonly content: readonly Inline[] };

export interface Item {
  readonly content: readonly Inline[];
  readonly done?: boolean;
}

export type Block =
  | { readonly kind: "paragraph"; readonly lines: readonly (readonly Inline[])[] }
  | { readonly kind: "heading"; readonly level: number; readonly content: readonly Inline[] }
  | { readonly kind: "list"; readonly isOrdered: boolean; readonly items: readonly Item[] }
  | { readonly kind: "quote"; readonly content: readonly Block[] }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "rule" };

const FENCE = /^```/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const BULLET = /^\s*[-*+]\s+(.*)$/;
const NUMBER = /^\s*\d{1,9}[.)]\s+(.*)$/;
const QUOTE = /^\s*>\s?(.*)$/;
const TASK = /^\[([ xX])\]\s+(.*)$/;
const DEEPEST = 8;

/** The blocks of a text. */
export function readMarkdown(text: string, depth = 0): Block[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  const run = (pattern: RegExp): string[] => {
    const found: string[] = [];
    for (let match = pattern.exec(lines[at] ?? ""); match !== null; match = pattern.exec(lines[at] ?? "")) {
      found.push(match[1] ?? "");
      at++;
    }
    return found;
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const heading = HEADING.exec(line);
    if (line.trim() === "") at++;
    else if (FENCE.test(line)) {
      const end = lines.findIndex((each, place) => place > at && FENCE.test(each));
      const last = end < 0 ? lines.length : end;
      blocks.push({ kind: "code", text: lines.slice(at + 1, last).join("\n") });
      at = last + 1;
    } else if (heading !== null) {
      blocks.push({
        kind: "heading",
        level: heading[1]?.length ?? 1,
        content: readInline(heading[2] ?? ""),
      });
      at++;
    } else if (RULE.test(line)) {
      blocks.push({ kind: "rule" });
      at++;
    } else if (BULLET.test(line))
      blocks.push({ kind: "list", isOrdered: false, items: run(BULLET).map(item) });
    else if (NUMBER.test(line)) blocks.push({ kind: "list", isOrdered: true, items: run(NUMBER).map(item) });
    else if (QUOTE.test(line) && depth < DEEPEST)
      blocks.push({ kind: "quote", content: readMarkdown(run(QUOTE).join("\n"), depth + 1) });
    else {
      const start = at++;
      while (at < lines.length && !startsBlock(lines[at] ?? "")) at++;
      blocks.push({ kind: "paragraph", lines: lines.slice(start, at).map((each) => readInline(each)) });
    }
  }
  return blocks;
}

function startsBlock(line: string): boolean {
  return line.trim() === "" || [FENCE, HEADING, RULE, BULLET, NUMBER, QUOTE].some((each) => each.test(line));
}

function item(text: string): Item {
  const task = TASK.exec(text);
  if (task === null) return { content: readInline(text) };
  return { content: readInline(task[2] ?? ""), done: task[1] !== " " };
}

const INLINE = new RegExp(
  [
    /`([^`]+)`/u, // 1 code
    /!?\[([^\]]*)\]\(\s*<?([^\s)>]+)>?[^)]*\)/u, // 2, 3 link or picture
    /\*\*(\S(?:.*?\S)?)\*\*/u, // 4 strong
    /__(\S(?:.*?\S)?)__/u, // 5 strong
    /~~(\S(?:.*?\S)?)~~/u, // 6 struck
    /\*(\S(?:[^*]*?\S)?)\*/u, // 7 emphasis
    /(?<![\p{L}\p{N}])_(\S(?:[^_]*?\S)?)_(?![\p{L}\p{N}])/u, // 8 emphasis
    /(https?:\/\/[^\s<>()]+[^\s<>().,;:!?])/u, // 9 bare address
  ]
    .map((each) => each.source)
    .join("|"),
  "u",
);

/** The parts of a line. */
export function readInline(text: string, depth = 0): Inline[] {
  const parts: Inline[] = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match !== null && depth < DEEPEST; match = INLINE.exec(rest)) {
    if (match.index > 0) parts.push({ kind: "text", text: rest.slice(0, match.index) });
    parts.push(part(match, depth));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest !== "") parts.push({ kind: "text", text: rest });
  return parts;
}

function part(match: RegExpExecArray, depth: number): Inline {
  const [whole, code, label, address, strong, alsoStrong, struck, emphasis, alsoEmphasis, bare] = match;
  const inner = (text: string) => readInline(text, depth + 1);
  if (code !== undefined) return { kind: "code", text: code };
  if (address !== undefined) {
    const href = safeAddress(address);
    const content = label === undefined || label === "" ? textOnly(address) : inner(label);
    return href === undefined ? { kind: "text", text: whole } : { kind: "link", href, content };
  }
  if (bare !== undefined) return { kind: "link", href: bare, content: textOnly(bare) };
  if (struck !== undefined) return { kind: "struck", content: inner(struck) };
  const bold = strong ?? alsoStrong;
  if (bold !== undefined) return { kind: "strong", content: inner(bold) };
  return { kind: "emphasis", content: inner(emphasis ?? alsoEmphasis ?? "") };
}

function textOnly(text: string): Inline[] {
  return [{ kind: "text", text }];
}

/** An address that a note may lead to; nothing that runs, such as `javascript:`. */
export function safeAddress(address: string): string | undefined {
  return /^(https?:\/\/|mailto:)/i.test(address) ? address : undefined;
}
