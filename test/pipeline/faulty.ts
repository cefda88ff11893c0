import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError, type ErrorCode, type FailureServer } from '#src/base/errors.ts';
import type { ChatModel, ChatPart } from '#src/chat/ports.ts';
import type { Synthesizer, Transcriber, TranscriptUpdate } from '#src/speech/ports.ts';
import { untilAborted } from '#test/fakes/chat.ts';

const faults = ['refuse', 'hang', 'reset', 'cut', 'garbage', 'slow', 'limited', 'stall'] as const;
type Fault = (typeof faults)[number] | 'none';

/** State that all servers of one run share: their moods, and their requests under way. */
export type Weather = {
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

export const answerText =
  'Well, as you ask, it is four. The sun sets at five today. Take your coat.';

export function faultyChat(weather: Weather): ChatModel {
  const parts = (answerText.match(/\s*\S+/g) ?? []).map(
    (text): ChatPart => ({ kind: 'text', text }),
  );
  return { reply: (_messages, _tools, signal) => serve(parts, weather, signal) };
}

/** All its samples are `mark`. */
export function faultyVoice(mark: number, weather: Weather): Synthesizer {
  const samples = new Int16Array(2_400).fill(mark);
  const pcm: Pcm = { samples, rateHz: 24_000, channels: 1 };
  return { synthesize: (_text, _voice, signal) => serve([pcm, pcm, pcm], weather, signal) };
}

export function faultyTranscriber(weather: Weather): Transcriber {
  const final: TranscriptUpdate = { kind: 'final', transcript: { text: 'two and two' } };
  return { transcribe: (_pcm, signal) => serve([final], weather, signal) };
}
