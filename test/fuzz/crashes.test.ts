import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readForeignJson } from '#src/base/json.ts';
import { transcriptOf } from '#src/speech/openai/transcript-reply.ts';
import { fc } from '#test/properties.ts';
import { decoderTarget, replaySound } from './decoders.ts';
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

const words = fc.string({ maxLength: 4 });

/** Faults that longer inputs meet: a mistake, or a step that takes long. */
function planted(kind: 'mistake' | 'slow'): (input: string) => void {
  return (input) => {
    if (input.length < 3) return;
    if (kind === 'mistake') throw new TypeError('planted');
    const before = process.threadCpuUsage();
    while (process.threadCpuUsage(before).user < 60_000);
  };
}

test.each([
  ['a parser', target('planted', words, planted('mistake')), 'planted'],
  ['a slow parser', target('planted', fc.constant('slow'), planted('slow')), 'held the thread'],
  [
    'a decoder',
    decoderTarget('planted', words, async (one) => {
      planted('mistake')(one);
      return 0;
    }),
    'planted',
  ],
])('the search finds the fault planted in %s', async (_, { check }, words) => {
  expect((await check(100, 1)).failure).toContain(words);
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
