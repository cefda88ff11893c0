import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '#src/config/config.ts';
import { secretsOf } from '#src/config/models.ts';

function fileOf(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'brains-')), 'brains.json');
  writeFileSync(path, content);
  return path;
}

/** Operator's errors for a wrong file, without its path. */
function mistakesOf(content: string, more: Record<string, string> = {}): readonly string[] {
  const path = fileOf(content);
  const read = readConfig({ BRAINS: path, ...more });
  return read.kind === 'bad' ? read.mistakes.map((one) => one.replaceAll(path, 'FILE')) : [];
}

const deep = { pipeline: 'realtime', baseUrl: 'wss://models.test/v1', model: 'deep-1' };

test('a brain has a pipeline, an address, a model, and its key out of the variable it names', () => {
  const file = {
    deep: { ...deep, keyVariable: 'DEEP_KEY' },
    quick: { ...deep, pipeline: undefined },
  };
  const read = readConfig({ BRAINS: fileOf(JSON.stringify(file)), DEEP_KEY: ' hush ' });
  if (read.kind === 'bad') throw new Error(read.mistakes.join());
  const [first, second] = read.config.brains;
  expect(first).toMatchObject({ name: 'deep', pipeline: 'realtime' });
  expect(first?.server).toMatchObject({ model: 'deep-1', keySetting: 'DEEP_KEY' });
  expect(first?.server.apiKey?.reveal()).toBe('hush');
  expect(second).toMatchObject({ name: 'quick', pipeline: 'chained' });
  expect(second?.server.apiKey).toBeUndefined();
  expect(secretsOf(read.config).map((secret) => secret.reveal())).toContain('hush');
});

test('no file, no brains', () => {
  const read = readConfig({});
  expect(read.kind === 'ok' && read.config.brains).toEqual([]);
});

test.each([
  ['{', /^BRAINS: FILE the file: /],
  ['[]', /^BRAINS: FILE the file: /],
  [JSON.stringify({ deep: { ...deep, baseUrl: 'file:///etc' } }), /^BRAINS: FILE deep.baseUrl: /],
  [JSON.stringify({ deep: { ...deep, pipeline: 'telepathy' } }), /^BRAINS: FILE deep.pipeline: /],
  [JSON.stringify({ deep: { ...deep, key: 'sk-1' } }), /^BRAINS: FILE deep: /],
  [
    JSON.stringify({ deep: { ...deep, keyVariable: 'DEEP_KEY' } }),
    /^BRAINS: deep names DEEP_KEY, which is not set$/,
  ],
])('a file that is wrong is told in one line: %s', (content, sentence) => {
  const mistakes = mistakesOf(content);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(sentence);
});

test('a file that is missing is told, and no key is shown', () => {
  const read = readConfig({ BRAINS: '/nowhere/brains.json' });
  expect(read.kind === 'bad' && read.mistakes).toHaveLength(1);
  expect(
    mistakesOf(JSON.stringify({ deep: { ...deep, apiKey: 'sk-secret' } })).join(),
  ).not.toContain('sk-secret');
});
