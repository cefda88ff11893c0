import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { withFiles } from '#sandbox/program/program-files.ts';

const path = fileURLToPath(import.meta.resolve('#test/fixtures/recordings/digits.mp3'));
const options = [
  { name: 'recording', type: 11 },
  { name: 'question', type: 3 },
] as const;
const body = { name: 'ask', type: 1, description: 'Ask', options };
const commands = [{ id: '1', version: '1', body }] as unknown as Parameters<typeof withFiles>[2];

test('where a command takes a file, its path is enough', async () => {
  const filled = await withFiles({ recording: path, question: path }, 'ask', commands);
  expect(filled.question).toBe(path);
  expect(filled.recording).toMatchObject({ name: 'digits.mp3', type: 'audio/mpeg' });
});

test('a file that is not there is told in one sentence', async () => {
  const filling = withFiles({ recording: '/nowhere.ogg' }, 'ask', commands);
  await expect(filling).rejects.toThrow('There is no file /nowhere.ogg.');
  expect(await withFiles({ x: 'y' }, 'leave', commands)).toEqual({ x: 'y' });
});

test('a command under a command takes a file as well', async () => {
  const play = { name: 'play', type: 1, description: 'Play', options };
  const track = { name: 'track', type: 1, description: 'Tracks', options: [play] };
  const all = [{ id: '2', version: '1', body: track }] as unknown as typeof commands;
  const filled = await withFiles({ recording: path }, 'track play', all);
  expect(filled.recording).toMatchObject({ name: 'digits.mp3' });
  expect(await withFiles({ recording: path }, 'track', all)).toEqual({ recording: path });
});
