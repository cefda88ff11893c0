/** What differs from run to run, and what stands for it. */
const varying: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b/g, '<uuid>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<instant>'],
  [/\b\d{4}-\d\d-\d\d\b/g, '<day>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} \w{3}\b/g, '<day>'],
  [/\b\d{1,2}:\d\d(:\d\d)?\b(?!:)/g, '<clock>'],
  [/<t:\d+/g, '<t:<instant>'],
  [/\b\d{17,20}\b/g, '<id>'],
  [/\b(127\.0\.0\.1|localhost):\d+/g, '$1:<port>'],
  [/\b\d+(\.\d+)? (ms|s|seconds?)\b/g, '<time> $2'],
  [/\b(ended|recognised|first [\w ]+?) \d+\b/g, '$1 <time>'],
  [/\/tmp\/[\w./-]+/g, '<path>'],
];

/** Fields of JSON whose values differ from run to run. */
const varyingFields = new Set(['nonce', 'enforce_nonce', 'tts']);

/** A value without what differs from run to run: ids, instants, times that something took, ports, paths of temporary files. */
export function plain(value: unknown): unknown {
  if (typeof value === 'string') {
    return varying.reduce((text, [pattern, name]) => text.replace(pattern, name), value);
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !varyingFields.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, plain(inner)]));
}
