import { glob, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const folders = '{src,commands,tools,sandbox,doctor,bench,test}';
/** The module named by every `from '…'`, `import '…'` and `import('…')`, those of types too. */
const imported = /(?:from|import)\s*\(?\s*'([#.][^']+)'/g;
const exportedType = /^export (?:declare )?(?:abstract )?(?:type|interface|class) (\w+)/gm;

async function sources(): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  for await (const path of glob(`${folders}/**/*.ts`)) {
    if (!path.includes('node_modules')) all.set(path, await readFile(path, 'utf8'));
  }
  return all;
}

function targetOf(importer: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return normalize(join(dirname(importer), specifier));
}

/** Groups of files that import each other, directly or through others (Tarjan's algorithm). */
function cycles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const [indices, lowest] = [new Map<string, number>(), new Map<string, number>()];
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const index = indices.size;
    indices.set(file, index);
    lowest.set(file, index);
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      const reached = indices.has(next) ? indices.get(next) : visit(next);
      if (reached === undefined || !stack.includes(next)) continue;
      lowest.set(file, Math.min(lowest.get(file) ?? index, lowest.get(next) ?? reached));
    }
    if (lowest.get(file) === index) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1) found.push(group.toSorted());
    }
    return lowest.get(file) ?? index;
  };
  for (const file of imports.keys()) if (!indices.has(file)) visit(file);
  return found;
}

test('no files import each other in a circle, those of types counted', async () => {
  const all = await sources();
  const imports = new Map(
    [...all].map(([path, source]) => {
      const specifiers = [...source.matchAll(imported)].map(([, specifier = '']) => specifier);
      return [path, specifiers.map((one) => targetOf(path, one)).filter((one) => all.has(one))];
    }),
  );
  expect(cycles(imports)).toEqual([]);
});

test('every exported type name is declared once', async () => {
  const files = new Map<string, string[]>();
  for (const [path, source] of await sources()) {
    for (const [, name = ''] of source.matchAll(exportedType)) {
      files.set(name, [...(files.get(name) ?? []), path]);
    }
  }
  expect([...files].filter(([, paths]) => paths.length > 1)).toEqual([]);
});
