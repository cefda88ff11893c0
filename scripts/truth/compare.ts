import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

type Json = Readonly<Record<string, unknown>>;

/** Most differences of one file that are told; the rest is counted. */
const mostReported = 12;
const longestShown = 160;

/** One line for each difference between two folders that `record` has written. */
export async function compareFolders(one: string, other: string): Promise<readonly string[]> {
  const [former, later] = await Promise.all([filesIn(one), filesIn(other)]);
  const names = [...new Set([...former, ...later])].toSorted();
  const found = await Promise.all(
    names.map(async (name) => {
      if (!later.includes(name)) return [`${name}: is not there any more`];
      if (!former.includes(name)) return [`${name}: is new`];
      return compareTexts(name, await readIn(one, name), await readIn(other, name));
    }),
  );
  return found.flat();
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) =>
    join(parentPath, name).slice(join(folder, '/').length),
  );
}

function readIn(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8');
}

/** Differences between two versions of a file: of JSON by the path of each value, of other text by line. */
export function compareTexts(name: string, one: string, other: string): readonly string[] {
  if (one === other) return [];
  if (!name.endsWith('.json'))
    return reportOf(name, ofLists('line', one.split('\n'), other.split('\n')));
  const [former, later]: unknown[] = [JSON.parse(one), JSON.parse(other)];
  if (hasVariants(former) && hasVariants(later))
    return reportOf(name, ofVariants(former.variants, later.variants));
  const found = differences(former, later);
  return reportOf(name, found.length > 0 ? found : ['the same in other bytes']);
}

function reportOf(name: string, found: readonly string[]): readonly string[] {
  const more = found.length - mostReported;
  const first = found.slice(0, mostReported).map((line) => `${name}: ${line}`);
  return more > 0 ? [...first, `${name}: and ${more} more differences`] : first;
}

function differences(one: unknown, other: unknown, path = ''): readonly string[] {
  if (JSON.stringify(one) === JSON.stringify(other)) return [];
  if (Array.isArray(one) && Array.isArray(other)) return ofLists(path, one, other);
  if (isObject(one) && isObject(other)) return ofObjects(path, one, other);
  return [`${path}: ${shown(one)} became ${shown(other)}`];
}

type Variants = { readonly variants: readonly unknown[] };

function hasVariants(value: unknown): value is Variants {
  return isObject(value) && Array.isArray(value.variants);
}

/** What was seen in several runs is the same where any run of the one was as any run of the other; else the closest are compared. */
function ofVariants(one: readonly unknown[], other: readonly unknown[]): readonly string[] {
  const pairs = one.flatMap((former) => other.map((later) => differences(former, later)));
  return pairs.toSorted((a, b) => a.length - b.length)[0] ?? ['it was not recorded, as it failed'];
}

function ofObjects(path: string, one: Json, other: Json): readonly string[] {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const found = keys.flatMap((key) => {
    const at = path === '' ? key : `${path}.${key}`;
    if (!Object.hasOwn(other, key)) return [`${at}: ${shown(one[key])} is gone`];
    if (!Object.hasOwn(one, key)) return [`${at}: ${shown(other[key])} is new`];
    return differences(one[key], other[key], at);
  });
  if (found.length > 0) return found;
  return [`${path}: the order of keys became ${shown(Object.keys(other))}`];
}

/** Entries that have a name in both lists are compared by it, all others by the longest common part of the lists. */
function ofLists(path: string, one: readonly unknown[], other: readonly unknown[]) {
  const [names, otherNames] = [namesIn(one), namesIn(other)];
  if (!names || !otherNames) return ofSequences(path, one, other);
  const by = (list: readonly unknown[], all: readonly string[]) =>
    Object.fromEntries(list.map((entry, n) => [all[n] ?? '', entry]));
  const inside = ofObjects(path, by(one, names), by(other, otherNames));
  const common = (all: readonly string[], those: readonly string[]) =>
    all.filter((name) => those.includes(name));
  const isMoved = `${common(names, otherNames)}` !== `${common(otherNames, names)}`;
  const moved = isMoved ? [`${path}: the order became ${shown(otherNames)}`] : [];
  return [...inside.filter((line) => !isMoved || !line.includes(': the order of keys')), ...moved];
}

function namesIn(list: readonly unknown[]): readonly string[] | undefined {
  const names = list.map((entry) => (isObject(entry) && 'name' in entry ? `${entry.name}` : ''));
  const areNames = !names.includes('') && new Set(names).size === names.length;
  return areNames ? names : undefined;
}

function ofSequences(path: string, one: readonly unknown[], other: readonly unknown[]) {
  const at = (n: number) => (path === 'line' ? `line ${n + 1}` : `${path}[${n}]`);
  const found = gaps(one, other).flatMap(({ from, gone, to, added }) => {
    if (gone.length === added.length)
      return gone.flatMap((entry, n) => differences(entry, added[n], at(from + n)));
    const left = gone.map((entry, n) => `${at(from + n)}: ${shown(entry)} is gone`);
    return [...left, ...added.map((entry, n) => `${at(to + n)}: ${shown(entry)} is new`)];
  });
  return joinMoved(found);
}

/** What is gone at one place and new at another has moved. */
function joinMoved(found: readonly string[]): readonly string[] {
  const split = (line: string, end: string) =>
    line.endsWith(end) ? /^([^:]+): (.*)$/s.exec(line.slice(0, -end.length)) : null;
  const added = new Map(
    found.flatMap((line) => {
      const [, at, entry] = split(line, ' is new') ?? [];
      return at !== undefined && entry !== undefined ? [[entry, { at, line }] as const] : [];
    }),
  );
  const over = new Set<string>();
  const lines = found.map((line) => {
    const [, at, entry = ''] = split(line, ' is gone') ?? [];
    const there = added.get(entry);
    if (at === undefined || !there || over.has(there.line)) return line;
    over.add(there.line);
    return `${at}: ${entry} has moved to ${there.at}`;
  });
  return lines.filter((line) => !over.has(line));
}

type Gap = {
  readonly from: number;
  readonly gone: readonly unknown[];
  readonly to: number;
  readonly added: readonly unknown[];
};

/** The places at which two lists differ, by their longest common subsequence. */
function gaps(one: readonly unknown[], other: readonly unknown[]): readonly Gap[] {
  const texts = (list: readonly unknown[]) => list.map((entry) => JSON.stringify(entry));
  const [a, b] = [texts(one), texts(other)];
  const common = commonPlaces(a, b, commonLengths(a, b));
  let [from, to] = [0, 0];
  return [...common, [a.length, b.length] as const].flatMap(([n, m]) => {
    const gap = { from, gone: one.slice(from, n), to, added: other.slice(to, m) };
    [from, to] = [n + 1, m + 1];
    return gap.gone.length + gap.added.length > 0 ? [gap] : [];
  });
}

/** Places of what both lists have, in both. */
function commonPlaces(a: readonly string[], b: readonly string[], rest: readonly Uint16Array[]) {
  const places: (readonly [number, number])[] = [];
  let [n, m] = [0, 0];
  while (n < a.length && m < b.length) {
    if (a[n] === b[m]) places.push([n++, m++]);
    else if ((rest[n + 1]?.[m] ?? 0) >= (rest[n]?.[m + 1] ?? 0)) n++;
    else m++;
  }
  return places;
}

/** Of every pair of rests of the two lists, how long their longest common subsequence is. */
function commonLengths(a: readonly string[], b: readonly string[]): readonly Uint16Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let n = a.length - 1; n >= 0; n--) fill(n, rows[n], rows[n + 1]);
  return rows;

  function fill(n: number, row?: Uint16Array, below?: Uint16Array): void {
    if (!row || !below) return;
    for (let m = b.length - 1; m >= 0; m--) {
      const [across = 0, down = 0, right = 0] = [below[m + 1], below[m], row[m + 1]];
      row[m] = a[n] === b[m] ? across + 1 : Math.max(down, right);
    }
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? 'nothing');
  return text.length > longestShown ? `${text.slice(0, longestShown)}...` : text;
}
