import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { folders, privateNames } from '#test/plain-names.ts';
import { sourceFiles } from '#test/source-files.ts';

/** Participles are no names of types: a type is named for what it is. */
const participle =
  /^(?!On[A-Z]|.*(?:Speed|Need|Feed|Seed)$)\w*(?:ed|Told|Heard|Kept|Taken|Said|Seen|Known|Spoken|Written|Sent|Held|Found|Shown|Given|Meant|Left|Lost|Made|Done|Fed)$/;
const typesAllowed = new Set(['Embedded']);

test('files, and all that is declared in them, are named by terms of the field', async () => {
  expect(await privateNames()).toEqual([]);
});

test('no type is named by a participle', async () => {
  const found: string[] = [];
  const type = /^(?:export )?(?:declare )?(?:abstract )?(?:type|interface|class) (\w+)/gm;
  for await (const path of sourceFiles(`${folders}/**/*.ts`)) {
    for (const [, name = ''] of (await readFile(path, 'utf8')).matchAll(type)) {
      if (participle.test(name) && !typesAllowed.has(name)) found.push(`${path}: ${name}`);
    }
  }
  expect(found).toEqual([]);
});
