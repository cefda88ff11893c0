import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readForeignJson } from '#src/base/json.ts';
import { transcriptOf } from '#src/speech/openai/transcript-reply.ts';
import { fc } from '#test/properties.ts';
import { replaySound } from './decoders.ts';
import { unlessBotError } from './expected.ts';
import { target } from './target.ts';
import { type Client, openTalk, play } from './targets/realtime-classes.ts';

const folder = 'test/fuzz/crashes';
const limits = { bytes: 2 ** 21, depth: 8, values: 500 };

/** Reads an input that once broke a parser, by the folder that it lies in. */
const parsers: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  flac: replaySound,
  mp3: replaySound,
  ogg: replaySound,
  wav: replaySound,
  webm: replaySound,
  json: (bytes) => {
    const read = readForeignJson(`${bytes}`, limits);
    expect(read.kind).toBe('fault');
  },
  'transcript-reply': (bytes) => {
    unlessBotError(() => {
      const { words, confidence, usage } = transcriptOf(`${bytes}`, 'en');
      expect([words, confidence, usage]).toEqual([undefined, undefined, undefined]);
    });
  },
};
const crashes = readdirSync(folder).flatMap((parser) =>
  readdirSync(`${folder}/${parser}`).map((file) => [parser, file] as const),
);

test.each(crashes)('what once broke %s is refused or read: %s', async (parser, file) => {
  await parsers[parser]?.(readFileSync(`${folder}/${parser}/${file}`));
  expect(Object.keys(parsers)).toContain(parser);
});

test('the search finds a step that takes long', async () => {
  const slow = target('slow', fc.constant('slow'), () => {
    const before = process.threadCpuUsage();
    while (process.threadCpuUsage(before).user < 60_000);
  });
  expect((await slow.check(1, 1)).failure).toContain('held the thread');
});

test('the judge of sequences finds an answer that never ends, and one that ends by a mistake', async () => {
  const script = { welcomes: ['greets' as const], steps: [] };
  const doing = (work: () => Promise<void>) => (): Client => ({
    begin: (endings) => endings.add(work, undefined),
    between: () => undefined,
    [Symbol.dispose]: () => undefined,
  });
  const one = { script, actions: [], leavesAt: 99 };
  await expect(play(one, openTalk)).resolves.toBeUndefined();
  const never = doing(() => new Promise(() => undefined));
  await expect(play(one, never)).rejects.toThrow('so often each ended: 0');
  const mistaken = doing(() => Promise.reject(new TypeError('planted')));
  await expect(play(one, mistaken)).rejects.toThrow('planted');
});
