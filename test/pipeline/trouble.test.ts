import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError, type ErrorCode, type FailureServer } from '#src/base/errors.ts';
import { chatWithFallbacks } from '#src/chat/metered-chat.ts';
import type { ChatModel, ChatPart } from '#src/chat/ports.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline, ReplyPart, TurnUtterance } from '#src/pipeline/pipeline.ts';
import {
  synthesizerWithFallbacks,
  transcriberWithFallbacks,
} from '#src/speech/fallbacks/speech-fallbacks.ts';
import type { Synthesizer, Transcriber, Transcript, TranscriptUpdate } from '#src/speech/ports.ts';
import { FakeHost, said, textOf, turnOf } from '#test/contracts/pipeline.ts';
import { untilAborted } from '#test/fakes/chat.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';
import { chainOf } from '#test/fakes/fallbacks.ts';
import { runs } from '#test/properties.ts';

const faults = ['refuse', 'hang', 'reset', 'cut', 'garbage', 'slow', 'limited', 'stall'] as const;
type Fault = (typeof faults)[number] | 'none';

/** State that all servers of one run share: their moods, and their requests under way. */
type Weather = {
  readonly clock: Clock;
  /** 0 to 1, evenly. */
  readonly random: () => number;
  /** Share of requests that go wrong. */
  share: number;
  /** Requests going on now, and all there ever were. */
  open: number;
  asked: number;
};

const broken = (code: ErrorCode, retryable: boolean, about: FailureServer = {}) =>
  new BotError(code, retryable, `${code}.`, undefined, undefined, about);

/** The parts of one answer, with whatever goes wrong with it. */
async function* serve<T>(
  parts: readonly T[],
  weather: Weather,
  signal: AbortSignal,
): AsyncGenerator<T> {
  signal.throwIfAborted();
  const { clock, random } = weather;
  const fault: Fault = random() < weather.share ? pick(faults, random) : 'none';
  weather.open++;
  weather.asked++;
  try {
    await clock.sleep(fault === 'slow' ? 500 + 3_500 * random() : 60, signal);
    if (fault === 'hang') await untilAborted(signal);
    const early = earlyError(fault, random);
    if (early) throw early;
    const middle = Math.ceil(parts.length / 2);
    yield* parts.slice(0, middle);
    signal.throwIfAborted();
    if (fault === 'stall') await untilAborted(signal);
    if (fault === 'reset') throw broken('provider.unreachable', true);
    if (fault === 'cut') throw broken('provider.truncated', true);
    yield* parts.slice(middle);
  } finally {
    weather.open--;
  }
}

function earlyError(fault: Fault, random: () => number): BotError | undefined {
  if (fault === 'refuse') return broken('provider.refused', random() < 0.5, { status: 500 });
  if (fault === 'garbage') return broken('provider.wrong_type', false);
  const wait = { retryAfterMs: 20_000 * random() };
  return fault === 'limited' ? broken('provider.rate_limited', true, wait) : undefined;
}

function pick<T>(all: readonly T[], random: () => number): T {
  const one = all[Math.floor(random() * all.length)];
  if (one === undefined) throw new RangeError('There is nothing to pick from.');
  return one;
}

const answerText = 'Well, as you ask, it is four. The sun sets at five today. Take your coat.';

function faultyChat(weather: Weather): ChatModel {
  const parts = (answerText.match(/\s*\S+/g) ?? []).map(
    (text): ChatPart => ({ kind: 'text', text }),
  );
  return { reply: (_messages, _tools, signal) => serve(parts, weather, signal) };
}

/** All its samples are `mark`. */
function faultyVoice(mark: number, weather: Weather): Synthesizer {
  const samples = new Int16Array(2_400).fill(mark);
  const pcm: Pcm = { samples, rateHz: 24_000, channels: 1 };
  return { synthesize: (_text, _voice, signal) => serve([pcm, pcm, pcm], weather, signal) };
}

function faultyTranscriber(weather: Weather): Transcriber {
  const final: TranscriptUpdate = { kind: 'final', transcript: { text: 'two and two' } };
  return { transcribe: (_pcm, signal) => serve([final], weather, signal) };
}

type Finish = 'completed' | 'cancelled' | 'truncated' | 'stalled' | 'failed' | 'empty';

const turns = runs(2_000);
const rounds = 40;
/** Longest time of a turn, all deadlines, rests and its own sound together. */
const longestTurnMs = 700_000;

/** Two servers a role, all of them faulty. */
function openFaultyEngines(clock: VirtualClock, weather: Weather) {
  const chat = chainOf('chat', [faultyChat(weather), faultyChat(weather)], clock);
  const voices = [faultyVoice(1, weather), faultyVoice(2, weather)];
  const speech = chainOf('text to speech', voices, clock);
  const transcriber = chainOf(
    'speech to text',
    [faultyTranscriber(weather), faultyTranscriber(weather)],
    clock,
  );
  return {
    clock,
    random: weather.random,
    weather,
    pipeline: chained({
      chat: chatWithFallbacks(chat.chain),
      synthesizer: synthesizerWithFallbacks(speech.chain),
    }),
    transcriber: transcriberWithFallbacks(transcriber.chain, false),
    breakers: [chat, speech, transcriber].flatMap(({ breakers }) => breakers),
  };
}

type FaultyEngines = ReturnType<typeof openFaultyEngines>;

function utterance(transcriber: Transcriber, signal: AbortSignal): TurnUtterance {
  const one = said('two and two');
  const recognise = async (): Promise<Transcript> => {
    if (!one.pcm) throw new Error('It was said.');
    for await (const update of transcriber.transcribe(one.pcm, signal)) {
      if (update.kind === 'final') return update.transcript;
    }
    return { text: '' };
  };
  let asked: Promise<Transcript> | undefined;
  const transcript = () => {
    asked ??= recognise();
    return asked;
  };
  return { ...one, transcript };
}

/** One question from its end to the end of its answer; perhaps somebody cuts it short. */
async function turn(engines: FaultyEngines, session: AbortSignal): Promise<Finish> {
  const { clock, random, pipeline } = engines;
  const stop = new AbortController();
  const signal = AbortSignal.any([session, stop.signal]);
  const over = new AbortController();
  if (random() < 0.2) {
    const cut = () => stop.abort(new Error('interrupted'));
    void clock.sleep(4_000 * random(), over.signal).then(cut, () => undefined);
  }
  const startMs = clock.nowMs();
  try {
    return await read(pipeline, utterance(engines.transcriber, signal), clock, signal);
  } finally {
    over.abort(new Error('over'));
    expect(clock.nowMs() - startMs).toBeLessThan(longestTurnMs);
  }
}

async function read(
  pipeline: Pipeline,
  one: TurnUtterance,
  clock: VirtualClock,
  signal: AbortSignal,
): Promise<Finish> {
  const parts: ReplyPart[] = [];
  try {
    for await (const part of pipeline.answer(turnOf(one), new FakeHost(), signal)) {
      parts.push(part);
      if (part.kind === 'audio') await clock.sleep(100, signal);
    }
  } catch (error) {
    return finishOf(error, textOf(parts), signal);
  } finally {
    const sounds = parts.flatMap((part) => (part.kind === 'audio' ? [part.pcm.samples[0]] : []));
    expect(new Set(sounds).size, 'one voice an answer').toBeLessThanOrEqual(1);
  }
  expect(textOf(parts)).toBe(answerText);
  return parts.some(({ kind }) => kind === 'audio') ? 'completed' : 'empty';
}

function finishOf(error: unknown, text: string, signal: AbortSignal): Finish {
  if (signal.aborted) return 'cancelled';
  if (!(error instanceof BotError)) throw error;
  if (error.stage === 'speak') expect(text, 'written to its end').toBe(answerText);
  if (error.code === 'provider.truncated') return 'truncated';
  return error.code === 'provider.late' ? 'stalled' : 'failed';
}

test('turns with random faults end once each, and leave nothing behind', async () => {
  const clock = new VirtualClock();
  const random = seededRandom(20_261_120);
  const weather: Weather = { clock, random, share: 0.2, open: 0, asked: 0 };
  const towns = Array.from({ length: rounds }, () => openFaultyEngines(clock, weather));
  const session = new AbortController();
  const finishes = new Map<Finish, number>();
  let left = rounds;
  const live = async (engines: FaultyEngines) => {
    try {
      for (let n = 0; n < turns / rounds; n++) {
        await clock.sleep(8_000 * random(), session.signal);
        const finish = await turn(engines, session.signal);
        finishes.set(finish, (finishes.get(finish) ?? 0) + 1);
      }
    } finally {
      left--;
    }
  };
  const all = Promise.all(towns.map(live));
  while (left > 0) await clock.advance(10_000);
  await all;
  await settled();
  expect([...finishes.values()].reduce((sum, count) => sum + count, 0)).toBe(turns);
  expect([...finishes.keys()].sort()).toEqual(
    expect.arrayContaining(['cancelled', 'completed', 'failed', 'stalled', 'truncated']),
  );
  expect(weather.asked).toBeGreaterThan(4 * turns);
  expect(weather.open).toBe(0);
  expect(clock.sleeping).toBe(0);
  expect(getEventListeners(session.signal, 'abort')).toEqual([]);
  weather.share = 0;
  for (const engines of towns.slice(0, 10)) await expectMended(engines);
}, 120_000);

/** The trouble is over: everything is back to normal by itself, at the latest after the longest rest. */
async function expectMended(engines: FaultyEngines): Promise<void> {
  const { clock, breakers } = engines;
  const session = new AbortController();
  await clock.advance(60_000);
  const last = turn({ ...engines, random: () => 1 }, session.signal);
  await clock.advance(10_000);
  expect(await last).toBe('completed');
  const firsts = breakers.filter((_, n) => n % 2 === 0);
  expect(firsts.map(({ isClosed }) => isClosed)).toEqual([true, true, true]);
}
