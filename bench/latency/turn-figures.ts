import { findPercentile, sumValues } from '#bench/format-table.ts';
import type { BenchPipeline } from '#bench/pipelines/server-settings.ts';
import type { LogLine } from '#test/fakes/bot-process.ts';
import type { MockRequest, ProviderPace } from '#test/fakes/providers/mock-settings.ts';
import type { TalkResponse } from '#test/fakes/providers/realtime-call.ts';

/**
 * The instants of a turn, each with the field in which the bot's log counts it, in ms from its own `heardAtMs`. The first
 * is `heardAtMs` itself, and the last one is measured outside of the bot.
 */
export const turnInstants = [
  ['heard', undefined],
  ['ended', 'endedMs'],
  ['recognised', 'recognisedMs'],
  ['first token', 'firstTokenMs'],
  ['first clause', 'firstClauseMs'],
  ['first speech byte', 'firstSpeechMs'],
  ['first frame sent', 'firstSentMs'],
  ['first packet heard', 'heard by the person'],
] as const;
export type TurnInstant = (typeof turnInstants)[number][0];

/** The servers of a row, and how soon they answer. */
export type BenchServers = {
  /** A recogniser that streams tells each word as it ends. Its answer at the end takes the usual time. */
  readonly pipeline: BenchPipeline;
  readonly pace: ProviderPace;
};

/** Computes the time, in ms, from the request for an answer to its first sound of a Realtime server at this pace. */
export function sumRealtimeFirstSoundMs({ firstTokenMs }: ProviderPace): number {
  return 2 * firstTokenMs;
}

/** Events of an audio model before that of the first sound: the id and three words, each as long as a token. */
const eventCountBeforeSound = 4;
/** Tokens after the first one of the first clause, which has seven. */
const laterClauseTokens = 6;

/** One question and its answer. */
export type MeasuredTurn = {
  /** Recognised text. */
  readonly text: string;
  /** The model was asked about the whole text, and nobody was interrupted. */
  readonly isWhole: boolean;
  /** Milliseconds since the person's last voiced packet was sent. */
  readonly sinceMs: Readonly<Record<TurnInstant, number>>;
  /** From the same instant until the pause was noticed in which the transcript was asked for. */
  readonly noticedMs: number;
  /** From the same instant until a server was asked for the transcript. NaN where none was. */
  readonly askedMs: number;
  /** Length, in ms, of all sound that was sent to be recognised. */
  readonly sentMs: number;
};

/** Turn as observed from outside, on the clock that all processes share. */
export type ObservedTurn = {
  readonly text: string;
  readonly lastVoicedAtMs: number;
  readonly firstAudibleAtMs: number;
  readonly answered: LogLine;
  /** Requests to the providers since the question began. */
  readonly requests: readonly MockRequest[];
  /** Responses of Realtime conversations since then. */
  readonly responses: readonly TalkResponse[];
};

/** Measures a turn from outside, with the instants of the bot's log. */
export function measureTurn(observed: ObservedTurn): MeasuredTurn {
  const { answered, lastVoicedAtMs, firstAudibleAtMs } = observed;
  const logStartMs = Number(answered.heardAtMs) - lastVoicedAtMs;
  const sinceMs = Object.fromEntries(
    turnInstants.map(([name, field]) => [
      name,
      logStartMs + (field ? Number(answered[field]) : 0),
    ]),
  ) as Record<TurnInstant, number>;
  sinceMs['first packet heard'] = firstAudibleAtMs - lastVoicedAtMs;
  const prompt = findPrompt(observed) ?? '';
  const isWhole = prompt.includes(observed.text) && firstAudibleAtMs > lastVoicedAtMs;
  const recognisedAtMs = lastVoicedAtMs + sinceMs.recognised;
  const uploads = observed.requests.filter(
    ({ endpoint }) => endpoint === 'transcriptions',
  );
  const lastUpload = uploads.findLast(({ firstByteAtMs }) =>
    hasHappened(firstByteAtMs, recognisedAtMs),
  );
  return {
    text: observed.text,
    isWhole,
    sinceMs,
    noticedMs: logStartMs + Number(answered.pausedMs),
    askedMs: (lastUpload?.atMs ?? Number.NaN) - lastVoicedAtMs,
    sentMs: sumValues(uploads, ({ soundMs = 0 }) => soundMs),
  };
}

/** Finds the prompt that the first sound came of: each request is the last that was answered before the next was made. */
function findPrompt({ requests, responses, firstAudibleAtMs }: ObservedTurn) {
  const findLast = (endpoint: MockRequest['endpoint'], beforeMs: number) =>
    requests.findLast(
      (request) =>
        request.endpoint === endpoint && hasHappened(request.firstByteAtMs, beforeMs),
    );
  const response = responses.findLast(({ firstSoundAtMs }) =>
    hasHappened(firstSoundAtMs, firstAudibleAtMs),
  );
  if (response) return response.asked;
  const speech = findLast('speech', firstAudibleAtMs);
  return findLast('chat', speech?.atMs ?? firstAudibleAtMs)?.asked;
}

function hasHappened(atMs: number | undefined, latestMs: number) {
  return atMs !== undefined && atMs <= latestMs;
}

function estimateTokensMs(count: number, { tokensPerSecond }: ProviderPace) {
  return (count * 1000) / tokensPerSecond;
}

/** Estimates the least time of each instant, in ms since the last voiced packet, at the providers' nominal pace. Instants that the bot alone decides have 0. */
export function estimateFloors({
  pipeline,
  pace,
}: BenchServers): Readonly<Record<TurnInstant, number>> {
  // A streaming recogniser may know the words when the last one ends.
  const recognised =
    pipeline === 'chained, streaming recogniser' ? 0 : pace.recogniseMs;
  switch (pipeline) {
    case 'chained':
    case 'chained, streaming recogniser': {
      const token = recognised + pace.firstTokenMs;
      const clause = token + estimateTokensMs(laterClauseTokens, pace);
      return toFloors(recognised, token, clause, clause + pace.firstSoundMs);
    }
    case 'audio-model': {
      const sound = pace.firstTokenMs + estimateTokensMs(eventCountBeforeSound, pace);
      return toFloors(recognised, pace.firstTokenMs, sound, sound);
    }
    case 'realtime': {
      const sound = sumRealtimeFirstSoundMs(pace);
      return toFloors(recognised, sound, sound, sound);
    }
  }
}

function toFloors(recognised: number, token: number, clause: number, sound: number) {
  return {
    heard: 0,
    ended: 0,
    recognised,
    'first token': token,
    'first clause': clause,
    'first speech byte': sound,
    'first frame sent': sound,
    'first packet heard': sound,
  };
}

/** Timers and clocks are read in whole milliseconds. */
const roundingMs = 2;

/** Finds figures that are faster than possible, a sentence each: the measurement is wrong then. */
export function findImpossibleFigures(
  turns: readonly MeasuredTurn[],
  servers: BenchServers,
): string[] {
  const floors = estimateFloors(servers);
  return turns.flatMap(({ sinceMs }, n) =>
    turnInstants.flatMap(([name]) => {
      const ms = sinceMs[name];
      const floorMs = floors[name];
      if (floorMs === 0 || ms >= floorMs - roundingMs) return [];
      return [
        `turn ${n + 1}: ${name} after ${ms.toFixed(0)} ms, under its floor of ${floorMs}`,
      ];
    }),
  );
}

/** Median and 95th percentile. */
export type Spread = { readonly p50: number; readonly p95: number };

/** Finds median and 95th percentile, rounded to tenths. NaN without values. */
export function toSpread(values: readonly number[]): Spread {
  const findRounded = (share: number) =>
    Math.round(findPercentile(values, share) * 10) / 10;
  return { p50: findRounded(0.5), p95: findRounded(0.95) };
}
