import type { SourceFile } from './sources.ts';

/** Files with fewer lines than this belong to their importer where there is only one. */
const smallLines = 60;

/** Entries of lists: one file for each command, tool, probe, program, feature, part of the store and route. */
const entries = /^(?:commands|doctor\/probes|setup\/steps|src\/app\/programs)\//;
/** Files that are such lists: an entry has no other importer. */
const listFiles = new Set([
  'src/features/features.ts',
  'src/features/tools/tools.ts',
  'src/storage/stores/store-parts.ts',
]);

/** Capabilities of the bot, and how names of their files and folders begin. */
const capabilities: Readonly<Record<string, string>> = {
  captions: 'caption',
  transcripts: 'transcript',
  tracks: 'track',
  personas: 'persona',
  reminders: 'reminder',
  memories: 'memor(?:y|ies)',
  settings: 'setting',
  seats: 'seat',
  'typed talk': 'typed',
  tools: 'tool',
  words: 'word',
};

/** Folders of src in which each folder is a place of its own. */
const cut = /^src\/(?:session|conversation|discord|app|storage|features)$/;

/** The folder of src that a path stands in: of two levels where those are places of their own. */
function placeOf(path: string): string {
  const [top, first = '', second = ''] = path.split('/').slice(0, -1);
  const place = `${top}/${first}`;
  return second && cut.test(place) ? `${place}/${second}` : place;
}

/** The part of the bot that a file belongs to: a folder of src, or one feature. */
function partOf(path: string): string {
  const [top = '', first = '', second = ''] = path.split('/');
  if (top !== 'src') return top;
  return first === 'features' ? `${first}/${second}` : first;
}

/** Sum of one figure over files. */
export function sum(
  files: readonly SourceFile[],
  figure: 'nodes' | 'lines' | 'picks' | 'bags' | 'relative',
): number {
  return files.reduce((total, file) => total + file[figure], 0);
}

/** Files with the importer that they belong to. */
export function smallFiles(
  files: readonly SourceFile[],
): readonly { readonly path: string; readonly lines: number; readonly importer: string }[] {
  const importers = Map.groupBy(
    files.flatMap(({ path, imports }) => imports.map((target) => ({ path, target }))),
    ({ target }) => target,
  );
  return files.flatMap(({ path, lines }) => {
    const [importer, ...others] = importers.get(path) ?? [];
    const isSmall = path.startsWith('src/') && lines < smallLines && !entries.test(path);
    const isEntry = importer !== undefined && listFiles.has(importer.path);
    return isSmall && importer && !isEntry && others.length === 0
      ? [{ path, lines, importer: importer.path }]
      : [];
  });
}

/** Interfaces of src whose one implementation lies in the part of the bot that declares them: nothing outer implements them. */
export function ownInterfaces(files: readonly SourceFile[]): readonly string[] {
  const implementations = Map.groupBy(
    files.flatMap(({ path, implemented }) => implemented.map((name) => ({ path, name }))),
    ({ name }) => name,
  );
  return files.flatMap(({ path, interfaces }) =>
    interfaces.filter((name) => {
      if (!path.startsWith('src/')) return false;
      const [one, ...others] = implementations.get(name) ?? [];
      return one && others.length === 0 && partOf(one.path) === partOf(path);
    }),
  );
}

/**
 * Folders of src that each capability stands in: those with a file or folder of its name.
 *
 * A folder of `features` belongs to the capability that it is named for, whatever its files are called.
 */
export function placesOf(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(capabilities).map(([capability, word]) => {
      const named = new RegExp(`(?:^|[/.-])${word}s?(?=[/.-])`);
      const places = paths.flatMap((path) => {
        const place = placeOf(path);
        const isNamed = named.test(place.startsWith('src/features/') ? `${place}/` : path);
        return path.startsWith('src/') && isNamed ? [place] : [];
      });
      if (places.length === 0) throw new Error(`No folder of src is named for ${capability}`);
      return [capability, [...new Set(places)].toSorted()];
    }),
  );
}

/** Pairs of folders inside the conversation that import each other by values or types. Its root puts them together, and they import its types. */
export function twoWayPairs(files: readonly SourceFile[]): readonly string[] {
  if (!files.some(({ path }) => insideOf(path))) throw new Error('No file of a conversation');
  const arrows = new Set(
    files.flatMap(({ path, imports }) =>
      imports.map((target) => `${insideOf(path)} ${insideOf(target)}`),
    ),
  );
  return [...arrows].filter((arrow) => {
    const [from = '', to = ''] = arrow.split(' ');
    return from && to && from < to && arrows.has(`${to} ${from}`);
  });
}

/** The folder inside the conversation; empty outside of it. */
function insideOf(path: string): string {
  return /^src\/(?:session|conversation)\/[\w-]+\//.exec(path)?.[0] ?? '';
}
