// Counts how large the bot's own code is: `npm run code-size`, and `-- --small` for the files that belong to their one importer.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseSync } from 'oxc-parser';
import { sourceFiles } from '../test/source-files.ts';

/** Files with fewer lines than this belong to their importer where there is only one. */
const smallLines = 60;
const folders = ['src', 'commands', 'tools', 'doctor', 'setup'];
/** Entries of lists: one file for each command, setting, tool, probe and language. */
const entries = /^(?:commands|tools|doctor\/probes|setup\/steps|src\/app\/programs)\//;
const { values: flags } = parseArgs({ options: { small: { type: 'boolean' } } });

const paths = await Array.fromAsync(sourceFiles(`{${folders}}/**/*.{ts,mjs}`));
const files = await Promise.all(paths.sort().map(readSource));
const inSrc = files.filter(({ path }) => path.startsWith('src/'));
const importers = Map.groupBy(
  files.flatMap(({ path, imports }) => imports.map((target) => ({ path, target }))),
  ({ target }) => target,
);
const small = inSrc.filter(
  ({ path, lines }) =>
    lines < smallLines && !entries.test(path) && (importers.get(path) ?? []).length === 1,
);

if (flags.small) {
  for (const { path, lines } of small) {
    console.log(`${lines}\t${path}\t<- ${importers.get(path)[0].path}`);
  }
} else {
  console.table({
    'syntax nodes': sum(files, 'nodes'),
    lines: sum(files, 'lines'),
    'files of src': inSrc.length,
    [`files of src under ${smallLines} lines with one importer`]: small.length,
    'Pick<': sum(inSrc, 'picks'),
    'types that end in Options, Parts or Context': sum(inSrc, 'bags'),
    'first sentences that begin with What, How, Of, As or Whoever': sum(files, 'relative'),
  });
}

async function readSource(path) {
  const source = await readFile(path, 'utf8');
  const { program, comments } = parseSync(path, source);
  const counts = { nodes: 0, picks: 0, bags: 0 };
  const targets = new Set();
  visit(program, (node) => {
    counts.nodes++;
    if (node.type === 'TSTypeReference' && node.typeName.name === 'Pick') counts.picks++;
    if (/^TS(?:TypeAlias|Interface)Declaration$/.test(node.type) && /(?:Options|Parts|Context)$/.test(node.id.name))
      counts.bags++;
    if (typeof node.source?.value === 'string') targets.add(fileOf(path, node.source.value));
  });
  const relative = comments.filter(({ value }) => /^\*\s*(?:\*\s*)?(?:What|How|Of|As|Whoever)\b/.test(value));
  return {
    path,
    ...counts,
    lines: source.split('\n').length - 1,
    relative: relative.length,
    imports: [...targets],
  };
}

/** Path, from the root, of the file that `path` imports as `specifier`. */
function fileOf(path, specifier) {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (!specifier.startsWith('.')) return specifier;
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

function visit(node, see) {
  if (typeof node.type === 'string') see(node);
  for (const value of Object.values(node)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === 'object' && one !== null) visit(one, see);
    }
  }
}

function sum(all, key) {
  return all.reduce((total, one) => total + one[key], 0);
}
