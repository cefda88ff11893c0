import { getDurationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { noGuild } from '#src/base/ids.ts';
import {
  admitChosenLanguage,
  findSetLanguage,
} from '#src/base/language/expected-language.ts';
import { LazyRecogniser } from '#src/speech/fallbacks/lazy-recogniser.ts';
import {
  createSynthesizerChain,
  createTranscriberChain,
} from '#src/speech/fallbacks/speech-chains.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import { openListening } from '#src/speech/listen.ts';
import type { Synthesizer, Transcriber } from '#src/speech/speech-engine.ts';
import { testListening } from '#test/contracts/listening-contract.ts';
import {
  testTranscriber,
  transcribeText,
} from '#test/contracts/transcriber-contract.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { hearWords, speakWords, wordUtterances } from '#test/fakes/tone-words.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;
const dead = new BotError('provider.bad_key', false, 'It refused the key.');
const makeHearing = () => new FakeTranscriber({ texts: hearWords });
const makeDeaf = () => new FakeTranscriber({ texts: [], error: dead });

/** One that takes sound while it is spoken. */
function makeStreaming(inner: Transcriber): Transcriber {
  return {
    transcribe: (pcm, signal) => inner.transcribe(pcm, signal),
    listen: (onPartial, signal) => openListening(inner, onPartial, signal),
  };
}

function makeRecogniser(
  engines: readonly Transcriber[],
  listens = false,
  clock = new VirtualClock(),
) {
  const { chain } = makeChain('speech to text', engines, clock);
  return createTranscriberChain(chain, listens);
}

for (const [name, engine] of [
  ['a ladder of recognisers', () => makeRecogniser([makeHearing()])],
  [
    'a ladder whose first recogniser fails',
    () => makeRecogniser([makeDeaf(), makeHearing()]),
  ],
] as const) {
  testTranscriber(name, engine, wordUtterances);
  testListening(name, engine, wordUtterances);
}
testListening(
  'a ladder that listens',
  () => makeRecogniser([makeStreaming(makeHearing())], true),
  wordUtterances,
  false,
);
test('every recogniser that takes a hint of the language has it, and the others hear all the same', async () => {
  const reported: string[] = [];
  const hinted: Transcriber = {
    transcribe(pcm, signal, options) {
      reported.push(findSetLanguage(options?.language) ?? '');
      return makeDeaf().transcribe(pcm, signal);
    },
  };
  const transcriber = withTranscriptionOptions(
    makeRecogniser([hinted, makeHearing()]),
    {
      language: { kind: 'set', language: admitChosenLanguage('de') },
    },
  );
  expect(await transcribeText(transcriber, wordUtterances[0].pcm)).toBe(
    'one two three four five',
  );
  expect(reported).toEqual(['de']);
});

/** A server that answers after so many milliseconds, one request after the other; -1 is never. */
function makePaced(clock: VirtualClock, ...tookMs: number[]) {
  const transcriber: Transcriber = {
    async *transcribe(pcm, signal) {
      const ms = tookMs.shift() ?? 100;
      await clock.sleep(ms < 0 ? 3_600_000 : ms, signal);
      yield { kind: 'final', transcript: { text: hearWords(pcm) } };
    },
  };
  return transcriber;
}

/** Text or error code of an utterance of `words`, and the time until it came. */
async function measureHeard(
  transcriber: Transcriber,
  clock: VirtualClock,
  text: string,
) {
  const sinceMs = clock.nowMs();
  const end = transcribeText(transcriber, speakWords(text).pcm)
    .catch((error: BotError) => error.code)
    .then((what) => ({ what, tookMs: clock.nowMs() - sinceMs }));
  await clock.advance(60_000);
  return await end;
}

const [{ text: short }] = wordUtterances;

test.each([
  ['stalls over a short utterance is given up after 5 s', [100, -1], [100, 5_000]],
  [
    'is slow gets the time that it needs',
    [11_000, 12_000, 12_000, -1],
    [11_000, 12_000, 12_000, 20_000],
  ],
  [
    'slows down is late once, at its old pace',
    [100, 8_000, 8_000, 100],
    [100, 5_000, 8_000, 100],
  ],
])('a recogniser that %s, and no utterance is sent twice', async (_, times, tookMs) => {
  const clock = new VirtualClock();
  const listening = makeRecogniser([makePaced(clock, ...times)], false, clock);
  for (const [n, ms] of tookMs.entries()) {
    const what = ms === times[n] ? short : 'provider.late';
    expect(await measureHeard(listening, clock, short)).toEqual({ what, tookMs: ms });
  }
});

function makeVoices(engines: readonly Synthesizer[], clock = new VirtualClock()) {
  return createSynthesizerChain(makeChain('text to speech', engines, clock).chain);
}

/** Speaks a text, and says how many pieces of 100 ms it had. */
async function measureSaid(voice: Synthesizer, text: string) {
  const ms = (await Array.fromAsync(voice.synthesize(text, {}, never))).reduce(
    (sum, pcm) => sum + getDurationMs(pcm),
    0,
  );
  return ms / 100;
}

test('a slow voice gets four times as long for a text four times as long', async () => {
  const clock = new VirtualClock();
  const sound = new FakeSynthesizer({ pieces: 1 });
  const slow: Synthesizer = {
    async *synthesize(text, voice, signal) {
      await clock.sleep(60 * text.length, signal);
      yield* sound.synthesize(text, voice, signal);
    },
  };
  const voice = makeVoices([slow], clock);
  for (const length of [80, 320]) {
    const spoken = measureSaid(voice, 'a'.repeat(length));
    await clock.advance(60_000);
    expect(await spoken).toBe(1);
  }
});

test('a voice never changes inside an answer, not even back to the better one', async () => {
  const clock = new VirtualClock();
  let isDown = true;
  const findFault = () => (isDown ? { afterPieces: 0, error: dead } : undefined);
  const [one, two] = [
    new FakeSynthesizer({ pieces: 1, fault: findFault }),
    new FakeSynthesizer({ pieces: 2 }),
  ];
  const voice = makeVoices([one, two], clock);
  const answer = voice.fixEngine?.() ?? voice;
  expect(await measureSaid(answer, 'First.')).toBe(2);
  isDown = false;
  await clock.advance(60_000);
  expect(await measureSaid(answer, 'Second.')).toBe(2);
  expect(await measureSaid(voice, 'Another answer.')).toBe(1);
  expect(await measureSaid(answer, 'Third.')).toBe(2);
});

const options = { guildId: noGuild, isLive: true };

const sound = {
  samples: new Int16Array(1_600).fill(99),
  rateHz: 16_000,
  channels: 1,
} as const;
const { signal } = new AbortController();

/** Opens `transcriber` in turn, or fails with what stands in its place. */
function openInTurn(...results: readonly (Transcriber | BotError)[]) {
  let opened = 0;
  const openNext = async () => {
    const result = results[opened++];
    if (!result || result instanceof BotError) throw result ?? expect.fail();
    return result;
  };
  return { open: openNext, countOpened: () => opened };
}

test('the model is loaded by the first utterance that needs it, and once', async () => {
  const { countOpened, open } = openInTurn(new FakeTranscriber({ texts: ['stop'] }));
  const recogniser = new LazyRecogniser(open, true, () => 0);
  expect(recogniser.isAvailable).toBe(true);
  expect(countOpened()).toBe(0);
  for (let time = 0; time < 2; time++)
    expect(await recogniser.recognise(sound, signal, options)).toEqual({
      text: 'stop',
    });
  expect(countOpened()).toBe(1);
});

test('a model that cannot be loaded counts as missing for a minute, and is then tried again', async () => {
  const broken = new BotError('speech.failed', false, 'The file is broken.');
  const { open } = openInTurn(broken, new FakeTranscriber({ texts: ['no'] }));
  let nowMs = 0;
  const recogniser = new LazyRecogniser(open, true, () => nowMs);
  await expect(recogniser.recognise(sound, signal, options)).rejects.toBe(broken);
  expect(recogniser.isAvailable).toBe(false);
  await expect(recogniser.recognise(sound, signal, options)).rejects.toThrow('missing');
  nowMs = 60_000;
  expect(await recogniser.recognise(sound, signal, options)).toEqual({ text: 'no' });
});

test('a bot without the runtime has no local recogniser', () =>
  expect(
    new LazyRecogniser(
      async () => expect.fail(),
      false,
      () => 0,
    ).isAvailable,
  ).toBe(false));
