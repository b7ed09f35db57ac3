// Orders choices by how well they match what somebody typed.
import { Fzf } from "fzf";

/** The choices that match, the best first; all in their order if nothing is typed. */
export function rankChoices<T extends { readonly label: string }>(choices: readonly T[], query: string): T[] {
  const wanted = query.trim();
  if (wanted === "") return [...choices];
  const places = new Fzf(
    choices.map((_, at) => at),
    { selector: (at: number) => choices[at]?.label ?? "", casing: "case-insensitive" },
  ).find(wanted);
  return places.flatMap((found) => choices[found.item] ?? []);
}
