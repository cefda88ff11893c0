/** JSON of so many bytes at most, as somebody sends it who wants to hold up the reader. */
export type HostileShape = { readonly name: string; json(bytes: number): string };

export const hostileShapes: readonly HostileShape[] = [
  { name: 'numbers', json: (bytes) => list('5', bytes) },
  { name: 'small objects', json: (bytes) => list('{"type":"a"}', bytes) },
  { name: 'parts of parts', json: (bytes) => list(part, bytes) },
  {
    name: 'arrays of numbers',
    json: (bytes) => list(`[${Array(900).fill('5').join(',')}]`, bytes),
  },
  { name: 'nested arrays', json: (bytes) => '['.repeat(bytes / 2) + ']'.repeat(bytes / 2) },
  { name: 'nested objects', json: (bytes) => nested('{"a":', '}', bytes) },
  { name: 'nested unions', json: (bytes) => nested('[{"type":"text","text":', '}]', bytes) },
  { name: 'a long string', json: (bytes) => `"${'a'.repeat(bytes - 2)}"` },
  { name: 'a long key', json: (bytes) => `{"${'k'.repeat(bytes - 6)}":1}` },
  { name: 'many keys', json: (bytes) => members(bytes, (n) => `"k${n}":1`) },
  { name: 'one key many times', json: (bytes) => members(bytes, () => '"a":1') },
];

const part = '{"type":"text","text":[{"type":"text","text":{"type":5}}]}';

function list(item: string, bytes: number): string {
  return `[${Array(Math.max(1, Math.floor((bytes - 2) / (item.length + 1))))
    .fill(item)
    .join(',')}]`;
}

function nested(open: string, close: string, bytes: number): string {
  const depth = Math.floor((bytes - 1) / (open.length + close.length));
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

function members(bytes: number, member: (n: number) => string): string {
  const all: string[] = [];
  for (let [n, size] = [0, 2]; ; n++) {
    const one = member(n);
    size += one.length + 1;
    if (size > bytes) return `{${all.join(',')}}`;
    all.push(one);
  }
}
