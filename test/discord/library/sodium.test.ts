import '#src/discord/library/sodium.ts';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { checkCiphers } from '#src/discord/library/cipher-check.ts';
import { sourceFiles } from '#test/source-files.ts';

test('both voice ciphers work, and the operator learns which library serves XChaCha20', async () => {
  expect(['sodium-native', '@noble/ciphers']).toContain(await checkCiphers());
});

test('every file that takes a value from the voice library first lets it see sodium', async () => {
  const late: string[] = [];
  for await (const path of sourceFiles('{src,test}/discord/**/*.ts')) {
    const source = await readFile(path, 'utf8');
    const acceptsValue = /^import (?!type)[^;]*from '@discordjs\/voice'/m.test(source);
    const [first = ''] = /^import .*/m.exec(source) ?? [];
    if (acceptsValue && !/'(\.|#src\/discord\/library)\/sodium\.ts';$/.test(first)) late.push(path);
  }
  expect(late).toEqual([]);
});
