// Which commands share a chord without meaning to.
import type { Command } from "./types";

/** For each command that has any: the commands that answer to one of its chords, too.
 *
 * Commands whose own keys are the same were made so: they are for different selections, and one of them is enabled.
 */
export function keyConflicts(
  commands: readonly Command[],
  keysOf: (command: Command) => readonly string[],
): ReadonlyMap<string, readonly Command[]> {
  const byChord = new Map<string, Command[]>();
  for (const command of commands)
    for (const chord of keysOf(command)) byChord.set(chord, [...(byChord.get(chord) ?? []), command]);
  const found = new Map<string, Command[]>();
  for (const sharing of byChord.values()) {
    for (const one of sharing) {
      const others = sharing.filter((each) => each !== one && !areMeantTogether(one, each));
      if (others.length > 0) found.set(one.id, [...(found.get(one.id) ?? []), ...others]);
    }
  }
  return found;
}

function areMeantTogether(one: Command, other: Command): boolean {
  if (one.keys?.some((chord) => other.keys?.includes(chord))) return true;
  const kind = (command: Command) => command.id.split(".")[0];
  return one.id.split(".")[1] === other.id.split(".")[1] && kind(one) !== kind(other);
}
