// Finds node types: fuzzily over name, aliases, class name, category and description; what people use comes first.
import { Fzf } from "fzf";
import type { SearchWish } from "@/canvas/handle";
import { accepts, VALUE_TYPES } from "@/catalogue/sockets";
import type { NodeType } from "@/catalogue/types";

export interface Usage {
  readonly usedTypes: Readonly<Record<string, number>>;
  readonly recentTypes: readonly string[];
}

const MOST = 60;
/** Hits that match this much worse than the best one are left out. */
const LEAST_SHARE = 0.3;

/** The types that a link could be connected to, those made for its type first; all if there is no link. */
export function connectable(types: readonly NodeType[], from: SearchWish["from"]): NodeType[] {
  const offered = types.filter((type) => !type.deprecated);
  if (from === undefined) return offered;
  return offered.filter((type) =>
    from.side === "output"
      ? type.inputs.some((input) => accepts(input.type, from.type)) ||
        type.growing.some((group) => accepts(group.type, from.type))
      : type.outputs.some((output) => accepts(from.type, output.type)),
  );
}

/** Finds the types that match what is typed. Made once for a list of types, asked at each key press. */
export function nodeFinder(
  types: readonly NodeType[],
  usage: Usage,
  from?: SearchWish["from"],
): (query: string) => NodeType[] {
  const used = usageWeight(usage);
  const weight = (type: NodeType) => used(type) + (from !== undefined && isMadeFor(type, from) ? 30 : 0);
  const indices = types.map((_, at) => at);
  const text = (at: number, pick: (type: NodeType) => string) => {
    const type = types[at];
    return type === undefined ? "" : pick(type);
  };
  const idLength = (at: number) => text(at, (type) => type.id).length;
  const byName = new Fzf(indices, {
    selector: (at: number) => text(at, (type) => `${type.title} ${spaced(type.id)}`),
    casing: "case-insensitive",
  });
  const byAll = new Fzf(indices, {
    selector: (at: number) => text(at, (type) => `${type.id} ${type.category} ${type.description}`),
    casing: "case-insensitive",
  });
  return (query) => {
    const wanted = query.trim();
    if (wanted === "")
      return [...types]
        .sort((a, b) => weight(b) - weight(a) || a.title.localeCompare(b.title))
        .slice(0, MOST);
    const scores = new Map<number, number>();
    const note = (at: number, score: number) => {
      const type = types[at];
      if (type !== undefined)
        scores.set(
          at,
          Math.max(scores.get(at) ?? 0, score + bonus(type, wanted) + Math.min(40, weight(type))),
        );
    };
    for (const found of byName.find(wanted)) note(found.item, found.score + 60);
    for (const found of byAll.find(wanted))
      note(found.item, found.score * (isLoose(found, wanted) ? 0.2 : 0.7));
    const best = Math.max(0, ...scores.values());
    return [...scores]
      .filter(([, score]) => score >= best * LEAST_SHARE)
      .sort((a, b) => b[1] - a[1] || idLength(a[0]) - idLength(b[0])) // the plain one before its relatives
      .flatMap(([at]) => types[at] ?? [])
      .slice(0, MOST);
  };
}

/** A match whose letters are strewn over a long text means little. */
function isLoose(found: { readonly start: number; readonly end: number }, query: string): boolean {
  return found.end - found.start > query.length * 2;
}

function bonus(type: NodeType, query: string): number {
  const lower = query.toLowerCase();
  const [title, id] = [type.title.toLowerCase(), type.id.toLowerCase()];
  if (title === lower || id === lower) return 200;
  if (title.startsWith(lower) || id.startsWith(lower)) return 80;
  return title.includes(lower) ? 40 : 0;
}

/** `CLIPTextEncode` as `CLIP Text Encode`, so that words are found. */
function spaced(id: string): string {
  return `${id} ${id.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")}`;
}

function usageWeight({ usedTypes, recentTypes }: Usage): (type: NodeType) => number {
  return ({ id }) => {
    const recent = recentTypes.indexOf(id);
    return (usedTypes[id] ?? 0) + (recent < 0 ? 0 : 20 - recent);
  };
}

/** Whether a type has a socket of exactly the type of a link, a socket without a widget. */
function isMadeFor(type: NodeType, from: NonNullable<SearchWish["from"]>): boolean {
  if (from.side === "input") return type.outputs.some((output) => output.type === from.type);
  return type.inputs.some(
    (input) => input.type === from.type && (input.widget === "none" || !isSocketType(from.type)),
  );
}

function isSocketType(type: string): boolean {
  return !VALUE_TYPES.has(type);
}
