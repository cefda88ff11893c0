import { glob, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const folders = '{src,commands,tools,sandbox,doctor,bench,test}';
const exportedType = /^export (?:declare )?(?:abstract )?(?:type|interface|class) (\w+)/gm;

async function sources(): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  for await (const path of glob(`${folders}/**/*.ts`)) {
    if (!path.includes('node_modules')) all.set(path, await readFile(path, 'utf8'));
  }
  return all;
}

test('every exported type name is declared once', async () => {
  const files = new Map<string, string[]>();
  for (const [path, source] of await sources()) {
    for (const [, name = ''] of source.matchAll(exportedType)) {
      files.set(name, [...(files.get(name) ?? []), path]);
    }
  }
  expect([...files].filter(([, paths]) => paths.length > 1)).toEqual([]);
});
