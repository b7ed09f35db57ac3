// Times and amounts of memory, short enough for the head of a node.

/** `0.42`, `3.1`, `128`: three figures are enough. */
export function shortSeconds(seconds: number): string {
  return seconds < 10 ? seconds.toFixed(seconds < 1 ? 2 : 1) : String(Math.round(seconds));
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `512 B`, `3.1 MB`, `24 GB`. */
export function shortBytes(nbytes: number): string {
  let value = nbytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
