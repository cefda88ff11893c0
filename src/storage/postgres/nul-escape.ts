/** Values of a statement as PostgreSQL takes them: U+0000, which it refuses, and U+001A become U+001A with a digit. */
export function escapeNul(value: unknown): unknown {
  if (typeof value === 'string') return escapeText(value);
  return Array.isArray(value) ? value.map(escapeNul) : value;
}

/** A value of a row as it was before `escapeNul`. */
export function unescapeNul(value: unknown): unknown {
  if (typeof value === 'string') return unescapeText(value);
  return Array.isArray(value) ? value.map(unescapeNul) : value;
}

function escapeText(text: string): string {
  return text.replaceAll('\x1a', '\x1a1').replaceAll('\0', '\x1a0');
}

function unescapeText(text: string): string {
  return text.replaceAll('\x1a0', '\0').replaceAll('\x1a1', '\x1a');
}
