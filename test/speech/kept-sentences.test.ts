import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { voiceLufs } from '#src/audio/loudness/loudness.ts';
import { noGuild } from '#src/base/ids.ts';
import { isBotSentence } from '#src/chat/text/clause-splitter.ts';
import { withVoiceMeter } from '#src/speech/fallbacks/speech-chains.ts';
import { withKeptSentences } from '#src/speech/kept-sentences.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';
import { withSpokenForm } from '#src/speech/text-language/spoken-form.ts';
import { measureLoudness } from '#test/audio/measure-loudness.ts';
import { makeTone } from '#test/playback/tracks/band.ts';

const never = new AbortController().signal;

/** A voice that notes what it is asked for, and a folder of its own for what is kept. */
async function openVoice(overrides: { readonly maxBytes?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'sentences-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const questions: string[] = [];
  const engine: Synthesizer = {
    async *synthesize(text, { name, onGone }) {
      questions.push(text);
      if (name === 'gone') onGone?.(name, 'reader');
      for (const length of [2_400, 1_200])
        yield {
          samples: new Int16Array(length).fill(text.length),
          rateHz: 24_000,
          channels: 1,
        };
    },
  };
  let nowMs = Date.UTC(2026, 10, 1);
  const clock = { wallMs: () => (nowMs += 1_000) };
  const keepSentences = (name = 'one voice') =>
    withKeptSentences(engine, {
      folder,
      describeEngine: () => name,
      isBotSentence,
      clock,
      ...overrides,
    });
  const waitForKept = (count: number) =>
    expect.poll(() => readKeptNames(folder)).toHaveLength(count);
  return { asked: questions, folder, kept: keepSentences, waitForKept };
}

/** The sounds that are written whole, by their names. */
async function readKeptNames(folder: string) {
  return (await readdir(folder)).filter((name) => name.endsWith('.pcm'));
}

/** When the most recently used sound was used. */
async function readUsedMs(folder: string) {
  const stats = (await readKeptNames(folder)).map((name) => stat(join(folder, name)));
  return Math.max(...(await Promise.all(stats)).map(({ mtimeMs }) => mtimeMs));
}

/** All of the sound. */
async function saySentence(voice: Synthesizer, text: string, how: SpeechVoice = {}) {
  const pieces = await Array.fromAsync(voice.synthesize(text, how, never));
  return {
    rateHz: pieces[0]?.rateHz,
    samples: pieces.flatMap(({ samples }) => [...samples]),
  };
}

test('a sentence of the bot itself is made once, also for the next run, and sounds the same', async () => {
  const { asked, kept, waitForKept } = await openVoice();
  const first = await saySentence(kept(), 'One moment.');
  await waitForKept(1);
  expect(first).toEqual({ rateHz: 24_000, samples: Array(3_600).fill(11) });
  expect([await saySentence(kept(), 'One moment.'), asked]).toEqual([
    first,
    ['One moment.'],
  ]);
});

test('a kept sentence of a voice that nobody knew is as loud as any other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sentences-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const loud = { hz: 997, peak: 30_000, rateHz: 24_000 };
  const samples = makeTone(600, loud).filter((_, n) => n % 2 === 0);
  const engine: Synthesizer = {
    async *synthesize() {
      yield { samples, rateHz: 24_000, channels: 1 };
    },
  };
  const voice = withKeptSentences(engine, {
    folder,
    describeEngine: () => 'one voice',
    isBotSentence: () => true,
    clock: { wallMs: () => 0 },
  });
  await saySentence(voice, 'One moment.');
  await expect.poll(() => readKeptNames(folder)).toHaveLength(1);
  const kept = await saySentence(voice, 'One moment.');
  const sound = {
    samples: Int16Array.from(kept.samples),
    rateHz: 24_000,
    channels: 1,
  } as const;
  expect(Math.abs((measureLoudness(sound) ?? 0) - voiceLufs)).toBeLessThan(1);
});

test('another engine, voice, language, tone or pace makes it anew', async () => {
  const { asked, kept, waitForKept } = await openVoice();
  await saySentence(kept(), 'One moment.');
  await waitForKept(1);
  for (const how of [
    { name: 'alloy' },
    { language: 'en' },
    { instructions: 'calm' },
    { speed: 2 },
  ])
    await saySentence(kept(), 'One moment.', how);
  await saySentence(kept('another engine'), 'One moment.');
  expect(asked).toHaveLength(6);
  await waitForKept(6);
});

test('no word of a person, name or number is ever kept', async () => {
  const { asked, folder, kept } = await openVoice();
  for (const text of [
    'Ben gets the sack on Friday.',
    'In Lounge. Just talk to me.',
    'Thank you, Ana.',
  ])
    for (const _ of [1, 2]) await saySentence(kept(), text);
  expect(asked).toHaveLength(6);
  expect(await readdir(folder)).toEqual([]);
});

test('each sentence of the bot counts in its language, and each clause of one that is read in parts', async () => {
  expect(isBotSentence('One moment.', undefined)).toBe(true);
  expect(isBotSentence('Einen Moment.', 'de')).toBe(true);
  expect(isBotSentence('Einen Moment.', 'en')).toBe(false);
  expect(isBotSentence('Press Hear me to talk to me.', 'en-GB')).toBe(true);
  expect(isBotSentence('', 'en')).toBe(false);
});

test('a kept sentence costs nothing, also behind a meter and pronunciations', async () => {
  const { kept, waitForKept } = await openVoice();
  const counts: number[] = [];
  const detector = { detect: async () => undefined };
  const spoken = withSpokenForm(kept(), { detector, languages: ['en'] });
  const voice = withVoiceMeter(spoken, {
    guildId: noGuild,
    recordSpeech: ({ characters }) => void counts.push(characters),
  });
  await saySentence(voice, 'One moment.');
  await waitForKept(1);
  await saySentence(voice, 'One moment.');
  expect(counts).toEqual([11]);
});

test('what was cut short, or said by the standard voice for one that is gone, is not kept', async () => {
  const { asked, folder, kept } = await openVoice();
  for await (const _ of kept().synthesize('One moment.', {}, never)) break;
  await saySentence(kept(), 'One moment.', { name: 'gone' });
  expect(await readdir(folder)).toEqual([]);
  expect(asked).toHaveLength(2);
});

test('at most so many bytes are kept: the least recently used sentence goes', async () => {
  const bytes = 4 + 2 * 3_600;
  const { asked, folder, kept, waitForKept } = await openVoice({ maxBytes: 2 * bytes });
  await saySentence(kept(), 'One moment.');
  await waitForKept(1);
  await saySentence(kept(), 'One moment.', { name: 'second' });
  await waitForKept(2);
  const [names, usedMs] = [await readKeptNames(folder), await readUsedMs(folder)];
  await saySentence(kept(), 'One moment.');
  await expect.poll(() => readUsedMs(folder)).toBeGreaterThan(usedMs);
  await saySentence(kept(), 'One moment.', { name: 'third' });
  expect(asked).toHaveLength(3);
  await expect
    .poll(async () => new Set(await readdir(folder)).intersection(new Set(names)).size)
    .toBe(1);
  const files = await readdir(folder);
  expect(files).toHaveLength(2);
  for (const name of files) expect((await stat(join(folder, name))).size).toBe(bytes);
  await saySentence(kept(), 'One moment.');
  expect(asked).toHaveLength(3);
});

test('a folder that cannot be written only means that each sentence is made anew', async () => {
  const { asked, folder } = await openVoice();
  const voice = withKeptSentences(
    {
      async *synthesize(text) {
        asked.push(text);
        yield { samples: new Int16Array(10), rateHz: 24_000, channels: 1 };
      },
    },
    {
      folder: join(folder, '\0'),
      describeEngine: () => 'x',
      isBotSentence,
      clock: { wallMs: () => 0 },
    },
  );
  for (const _ of [1, 2]) await saySentence(voice, 'One moment.');
  expect(asked).toHaveLength(2);
});
