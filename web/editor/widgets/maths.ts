// Reads numbers as people type them: `20`, `1024*1.5`, `(512+64)/2`, `2^10`, `50%`.

/** The value of an expression, or undefined if it is none. */
export function evaluate(text: string): number | undefined {
  const tokens = text.replaceAll(",", ".").match(/\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+|[-+*/^%()]|\S/gi) ?? [];
  const reader = { tokens, at: 0 };
  const value = sum(reader);
  return reader.at === tokens.length && value !== undefined && Number.isFinite(value) ? value : undefined;
}

interface Reader {
  readonly tokens: readonly string[];
  at: number;
}

function sum(reader: Reader): number | undefined {
  let value = product(reader);
  for (let sign = reader.tokens[reader.at]; sign === "+" || sign === "-"; sign = reader.tokens[reader.at]) {
    reader.at++;
    const next = product(reader);
    if (value === undefined || next === undefined) return undefined;
    value = sign === "+" ? value + next : value - next;
  }
  return value;
}

function product(reader: Reader): number | undefined {
  let value = power(reader);
  for (let sign = reader.tokens[reader.at]; sign === "*" || sign === "/"; sign = reader.tokens[reader.at]) {
    reader.at++;
    const next = power(reader);
    if (value === undefined || next === undefined) return undefined;
    value = sign === "*" ? value * next : value / next;
  }
  return value;
}

function power(reader: Reader): number | undefined {
  const base = signed(reader);
  if (reader.tokens[reader.at] !== "^" || base === undefined) return base;
  reader.at++;
  const exponent = power(reader);
  return exponent === undefined ? undefined : base ** exponent;
}

function signed(reader: Reader): number | undefined {
  const token = reader.tokens[reader.at];
  if (token === "-" || token === "+") {
    reader.at++;
    const value = signed(reader);
    return value === undefined ? undefined : token === "-" ? -value : value;
  }
  return atom(reader);
}

function atom(reader: Reader): number | undefined {
  const token = reader.tokens[reader.at++];
  if (token === undefined) return undefined;
  let value: number | undefined;
  if (token === "(") {
    value = sum(reader);
    if (reader.tokens[reader.at++] !== ")") return undefined;
  } else if (/^[\d.]/.test(token)) value = Number(token);
  if (value !== undefined && reader.tokens[reader.at] === "%") {
    reader.at++;
    return value / 100;
  }
  return value;
}
