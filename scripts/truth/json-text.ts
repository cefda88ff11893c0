const longestLine = 100;

/** JSON for people: what fits stands on one line, everything else has a line for each entry. */
export function written(content: unknown): string {
  return `${lines(content, '')}\n`;
}

function lines(content: unknown, indent: string): string {
  const flat = JSON.stringify(content) ?? 'null';
  if (flat.length + indent.length <= longestLine || typeof content !== 'object' || !content)
    return flat;
  const deeper = `${indent}  `;
  const entries = Array.isArray(content)
    ? content.map((entry) => lines(entry, deeper))
    : Object.entries(content).flatMap(([key, entry]) =>
        entry === undefined ? [] : [`${JSON.stringify(key)}: ${lines(entry, deeper)}`],
      );
  const [open, close] = Array.isArray(content) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${deeper}${entries.join(`,\n${deeper}`)}\n${indent}${close}`;
}
