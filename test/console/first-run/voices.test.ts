import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { readWav } from '#src/audio/wav.ts';
import { TypedVoice } from '#src/console/first-run/voices.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const never = new AbortController().signal;

function openVoices(taken: string | undefined) {
  const counts = { opened: 0, closed: 0, reported: 0 };
  const voices = new TypedVoice({
    taken,
    onOpen: () => counts.reported++,
    open: async () => {
      counts.opened++;
      const engine = new FakeSynthesizer({ pieces: 2 });
      return Object.assign(engine, {
        async [Symbol.asyncDispose]() {
          counts.closed++;
        },
      });
    },
  });
  return { voices, counts };
}

test('the engine is opened by the first words, once, and leaves no files', async () => {
  const { voices, counts } = openVoices(undefined);
  expect(counts.opened).toBe(0);
  const [one, other] = await Promise.all([
    voices.record('hello', never),
    voices.record('hello', never),
  ]);
  expect(readWav(await readFile(one)).samples.length).toBeGreaterThan(0);
  expect(one).not.toBe(other);
  await voices.forget(one);
  expect(existsSync(one)).toBe(false);
  await voices[Symbol.asyncDispose]();
  expect(existsSync(dirname(other))).toBe(false);
  expect(counts).toEqual({ opened: 1, closed: 1, reported: 1 });
});

test('an engine that did not open is tried again by the next words', async () => {
  let tries = 0;
  await using voices = new TypedVoice({
    taken: undefined,
    onOpen: () => undefined,
    open: async () => {
      tries++;
      throw new Error('no engine');
    },
  });
  await expect(voices.record('hello', never)).rejects.toThrow('no engine');
  await expect(voices.record('hello', never)).rejects.toThrow('no engine');
  expect(tries).toBe(2);
});
