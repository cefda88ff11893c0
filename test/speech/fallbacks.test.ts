import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import type { ProviderNews } from '#src/provider/provider-news.ts';
import { meteredVoice } from '#src/speech/fallbacks/metered-voice.ts';
import { synthesizerWithFallbacks } from '#src/speech/fallbacks/synthesizer-fallbacks.ts';
import { transcriberWithFallbacks } from '#src/speech/fallbacks/transcriber-fallbacks.ts';
import { listenWith } from '#src/speech/listen.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import { heardBy, listeningContract, say } from '#test/contracts/listening.ts';
import { textOf, transcriberContract } from '#test/contracts/transcriber.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { chainOf } from '#test/fakes/fallbacks.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import { hearWords, speakWords, utterances } from '#test/fakes/spoken-words.ts';

const never = new AbortController().signal;
const dead = new BotError('provider.bad_key', false, 'It refused the key.');
const hearing = () => new FakeTranscriber({ texts: hearWords });
const deaf = () => new FakeTranscriber({ texts: [], error: dead });

/** One that takes sound while it is spoken. */
function streaming(inner: Transcriber): Transcriber {
  return {
    transcribe: (pcm, signal) => inner.transcribe(pcm, signal),
    listen: (onPartial, signal) => listenWith(inner, onPartial, signal),
  };
}

function recogniser(
  engines: readonly Transcriber[],
  listens = false,
  clock = new VirtualClock(),
): Transcriber {
  const { chain } = chainOf('speech to text', engines, clock);
  return transcriberWithFallbacks(chain, listens, clock);
}

for (const [name, engine] of [
  ['a ladder of recognisers', () => recogniser([hearing()])],
  ['a ladder whose first recogniser fails', () => recogniser([deaf(), hearing()])],
] as const) {
  transcriberContract(name, engine, utterances);
  listeningContract(name, engine, utterances);
}
listeningContract(
  'a ladder that listens',
  () => recogniser([streaming(hearing())], true),
  utterances,
  false,
);
const falling = () => recogniser([streaming(deaf()), hearing()], true);

test('every recogniser that takes a hint of the language has it, and the others hear all the same', async () => {
  const reported: string[] = [];
  const hinted: Transcriber = {
    ...streaming(deaf()),
    inLanguage: (language) => {
      reported.push(language);
      return deaf();
    },
  };
  const transcriber = recogniser([hinted, hearing()]).inLanguage?.('de') ?? expect.fail();
  expect(await textOf(transcriber, utterances[0].pcm)).toBe('one two three four five');
  expect(reported).toEqual(['de']);
});

test('what a recogniser that listens loses, the next one hears from the beginning', async () => {
  using listening = listenWith(falling(), () => undefined, never);
  const [one, other] = utterances;
  await say(listening, one);
  expect(await heardBy(listening)).toBe(one.text);
  await say(listening, other);
  expect(await heardBy(listening)).toBe(`${one.text} ${other.text}`);
});

test('a model shut down mid-session is replaced, told once', async () => {
  const gone = new BotError('provider.refused', false, 'No such model.', undefined, undefined, {
    status: 404,
  });
  const news: ProviderNews[] = [];
  const engines = [new FakeTranscriber({ texts: [], error: gone }), hearing()];
  const clock = new VirtualClock();
  const { chain } = chainOf<Transcriber>('speech to text', engines, clock, (one) => news.push(one));
  const transcriber = transcriberWithFallbacks(chain, false, clock);
  for (const { pcm, text } of utterances) expect(await textOf(transcriber, pcm)).toBe(text);
  expect(news.map(({ kind }) => kind)).toEqual(['failed', 'fallback-on']);
  expect(engines[0]?.heard).toHaveLength(1);
});

/** A server that answers after so many milliseconds, one request after the other; -1 is never. */
function paced(clock: VirtualClock, ...tookMs: number[]) {
  const asked: number[] = [];
  const transcriber: Transcriber = {
    async *transcribe(pcm, signal) {
      asked.push(clock.nowMs());
      const ms = tookMs.shift() ?? 100;
      await clock.sleep(ms < 0 ? 3_600_000 : ms, signal);
      yield { kind: 'final', transcript: { text: hearWords(pcm) } };
    },
  };
  return { asked, transcriber };
}

/** Text or error code of an utterance of `words`, and the time until it came. */
async function heard(transcriber: Transcriber, clock: VirtualClock, words: string) {
  const sinceMs = clock.nowMs();
  const end = textOf(transcriber, speakWords(words).pcm)
    .catch((error: BotError) => error.code)
    .then((what) => ({ what, tookMs: clock.nowMs() - sinceMs }));
  await clock.advance(60_000);
  return await end;
}

const [{ text: short }] = utterances;
const long = Array.from({ length: 50 }, () => 'two').join(' '); // 15 s

test('a recogniser that stalls over a short utterance is given up after 5 s', async () => {
  const clock = new VirtualClock();
  const { transcriber } = paced(clock, 100, -1, -1);
  const listening = recogniser([transcriber], false, clock);
  await heard(listening, clock, short);
  expect(await heard(listening, clock, short)).toEqual({ what: 'provider.late', tookMs: 5_000 });
});

test('a request that stalls is sent once more meanwhile, and the first answer counts', async () => {
  const clock = new VirtualClock();
  const { transcriber, asked } = paced(clock, 100, -1, 100, 3_000, -1);
  const listening = recogniser([transcriber], false, clock);
  await heard(listening, clock, short);
  expect(await heard(listening, clock, short)).toEqual({ what: short, tookMs: 2_600 });
  expect(await heard(listening, clock, short)).toEqual({ what: short, tookMs: 3_000 });
  expect(asked).toHaveLength(4); // who takes long as a rule is not asked twice
});

test('what stalls for good is heard by the fall-back, from 5 s on', async () => {
  const clock = new VirtualClock();
  const stalled = paced(clock, 100, -1, -1);
  const spare = paced(clock, 100);
  const listening = recogniser([stalled.transcriber, spare.transcriber], false, clock);
  await heard(listening, clock, short);
  expect(await heard(listening, clock, short)).toEqual({ what: short, tookMs: 5_100 });
  expect(await heard(listening, clock, short)).toEqual({ what: short, tookMs: 100 });
});

test('longer speech has more time to be recognised', async () => {
  const clock = new VirtualClock();
  const { transcriber } = paced(clock, 100, 7_000, 100);
  const listening = recogniser([transcriber], false, clock);
  await heard(listening, clock, short);
  const { what, tookMs } = await heard(listening, clock, long);
  expect(what).toBe(long);
  expect(tookMs).toBeGreaterThan(5_000);
});

test('a recogniser that listens and stalls at a pause is asked once more, over all of the sound', async () => {
  const clock = new VirtualClock();
  const [one, other] = utterances;
  let pauses = 0;
  const stalling: Transcriber = {
    transcribe: (pcm, signal) => hearing().transcribe(pcm, signal),
    listen: () => ({
      push: () => undefined,
      async settle(signal) {
        if (pauses++ > 0) await clock.sleep(3_600_000, signal);
        return { text: one.text };
      },
      [Symbol.dispose]: () => undefined,
    }),
  };
  using listening = listenWith(recogniser([stalling], true, clock), () => undefined, never);
  await say(listening, one);
  expect(await heardBy(listening)).toBe(one.text);
  await say(listening, other);
  const settled = listening.settle(never);
  await clock.advance(2_500);
  expect(await settled).toEqual({ text: `${one.text} ${other.text}` });
});

function voices(engines: readonly Synthesizer[], clock = new VirtualClock()) {
  return synthesizerWithFallbacks(chainOf('text to speech', engines, clock).chain);
}

async function said(voice: Synthesizer, text: string, name?: string): Promise<number> {
  const how = name === undefined ? {} : { name, model: 'hd' };
  const sounds = voice.synthesize(text, how, never);
  return (await Array.fromAsync(sounds)).length;
}

const mute = () => new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error: dead }) });

test('the next voice speaks in its own way: names and models of the first mean nothing to it', async () => {
  const [one, two] = [mute(), new FakeSynthesizer({ pieces: 2 })];
  expect(await said(voices([one, two]), 'Hello.', 'alloy')).toBe(2);
  expect(one.asked).toEqual([{ text: 'Hello.', voice: { name: 'alloy', model: 'hd' } }]);
  expect(two.asked).toEqual([{ text: 'Hello.', voice: {} }]);
});

test('a voice never changes inside an answer, not even back to the better one', async () => {
  const clock = new VirtualClock();
  let isDown = true;
  const fault = () => (isDown ? { afterPieces: 0, error: dead } : undefined);
  const [one, two] = [
    new FakeSynthesizer({ pieces: 1, fault }),
    new FakeSynthesizer({ pieces: 2 }),
  ];
  const voice = voices([one, two], clock);
  const answer = voice.oneVoice?.() ?? voice;
  expect(await said(answer, 'First.')).toBe(2);
  isDown = false;
  await clock.advance(60_000);
  expect(await said(answer, 'Second.')).toBe(2);
  expect(await said(voice, 'Another answer.')).toBe(1);
  expect(await said(answer, 'Third.')).toBe(2);
});

test('of a fallback chain it is known which voice spoke, and which recogniser heard', async () => {
  const by = (host: string) => servedBy('same', `http://${host}`);
  const named = (voice: Synthesizer, host: string): Synthesizer => ({
    synthesize(text, asked, signal) {
      asked.onUsage?.({ by: by(host) });
      return voice.synthesize(text, asked, signal);
    },
  });
  const usage: unknown[] = [];
  const voice = voices([named(mute(), 'one'), named(new FakeSynthesizer(), 'two')]);
  const metered = meteredVoice(voice, (spoken) => void usage.push(spoken.usage));
  await said(metered, 'Hello.', 'alloy');
  expect(usage).toEqual([{ by: by('two') }]);
  const hears: Transcriber = {
    async *transcribe() {
      yield { kind: 'final', transcript: { text: 'five', usage: { by: by('two') } } };
    },
  };
  using listening = recogniser([streaming(deaf()), hears], true).listen?.(() => undefined, never);
  listening?.push(utterances[0].pcm.samples);
  expect(await listening?.settle(never)).toEqual({ text: 'five', usage: { by: by('two') } });
});

test('a text nobody can speak blames no voice', async () => {
  const [one, two] = [new FakeSynthesizer(), new FakeSynthesizer()];
  await expect(said(voices([one, two]), '...')).rejects.toMatchObject({
    code: 'speech.unspeakable',
  });
  expect(two.asked).toEqual([]);
});

test('a long sentence has more time than a short one, should it come in one piece', async () => {
  const clock = new VirtualClock();
  const slow = new FakeSynthesizer({ clock, pieces: 1, firstMs: 6_000 });
  const voice = voices([slow], clock);
  const long = said(voice, 'Warm and long. '.repeat(12));
  await clock.advance(6_000);
  expect(await long).toBe(1);
  const short = said(voice, 'Short.').catch((error: unknown) => error);
  await clock.advance(6_000);
  expect(await short).toMatchObject({ code: 'provider.late' });
});
