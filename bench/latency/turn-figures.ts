import { findPercentile } from '#bench/format-table.ts';
import type { BenchPipeline } from '#bench/pipelines/server-settings.ts';
import type { LogLine } from '#test/fakes/bot-process.ts';
import type { MockRequest, ProviderPace } from '#test/fakes/providers/mock-settings.ts';
import type { TalkResponse } from '#test/fakes/providers/realtime-call.ts';

/** The instants of a turn, and how the bot's log counts them from its own `heardAtMs`. */
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
  /** A recogniser that streams tells each word as it ends; its answer at the end takes the usual time. */
  readonly pipeline: BenchPipeline;
  readonly pace: ProviderPace;
};

/** From the request for an answer to its first sound, in ms, of a Realtime server. */
export function sumRealtimeFirstSoundMs({ firstTokenMs }: ProviderPace) {
  return 2 * firstTokenMs;
}

/** Events of an audio model before that of the first sound: the id and three words, each as long as a token. */
const eventCountBeforeSound = 4;

/** One question and its answer. */
export type MeasuredTurn = {
  /** Recognised text. */
  readonly text: string;
  /** The model was asked about all the words, and nobody was interrupted. */
  readonly whole: boolean;
  /** Milliseconds since the person's last voiced packet was sent. */
  readonly sinceMs: Readonly<Record<TurnInstant, number>>;
  /** Time that the providers really took, in sequence. */
  readonly providersMs: number;
  /** Tokens of the first clause; 0 where the model speaks by itself. */
  readonly clauseTokens: number;
  /** Times the model was asked; more than one thought in vain. */
  readonly thoughts: number;
};

/** Turn as observed from outside, on the clock all processes share. */
export type ObservedTurn = {
  readonly text: string;
  readonly lastVoicedAtMs: number;
  readonly firstAudibleAtMs: number;
  readonly answered: LogLine;
  /** Everything the providers were asked since the question began. */
  readonly requests: readonly MockRequest[];
  /** The same of Realtime conversations. */
  readonly responses: readonly TalkResponse[];
};

/** Figures of a turn from the servers. */
type ServerFigures = Pick<MeasuredTurn, 'providersMs' | 'clauseTokens' | 'thoughts'> & {
  /** Prompt of the model request that answered. */
  readonly asked: string;
};

export function measureTurn(seen: ObservedTurn, setup: BenchServers): MeasuredTurn {
  const { answered, lastVoicedAtMs, firstAudibleAtMs } = seen;
  const ownMs = Number(answered.heardAtMs) - lastVoicedAtMs;
  const sinceMs = Object.fromEntries(
    turnInstants.map(([name, field]) => [
      name,
      ownMs + (field ? Number(answered[field]) : 0),
    ]),
  ) as Record<TurnInstant, number>;
  sinceMs['first packet heard'] = firstAudibleAtMs - lastVoicedAtMs;
  const { asked, ...servers } = measureServers(seen, setup);
  const whole = asked.includes(seen.text) && firstAudibleAtMs > lastVoicedAtMs;
  return { text: seen.text, whole, sinceMs, ...servers };
}

function measureServers(seen: ObservedTurn, setup: BenchServers): ServerFigures {
  switch (setup.pipeline) {
    case 'chained':
    case 'chained, streaming recogniser':
      return measureChainedServers(seen, setup);
    case 'audio-model':
      return measureAudioModelServer(seen, setup);
    case 'realtime':
      return measureRealtimeServer(seen);
  }
}

function measureChainedServers(
  { requests, firstAudibleAtMs }: ObservedTurn,
  { pace }: BenchServers,
): ServerFigures {
  const { recognition, chat, speech, clause } = findLeadingRequests(
    firstAudibleAtMs,
    requests,
  );
  const clauseTokens = countTokens(clause ?? '');
  return {
    asked: chat?.asked ?? '',
    providersMs:
      measureWaitMs(recognition) +
      measureWaitMs(chat) +
      estimateClauseMs(clauseTokens, pace) +
      measureWaitMs(speech),
    clauseTokens,
    thoughts: requests.filter(({ endpoint }) => endpoint === 'chat').length,
  };
}

function measureAudioModelServer(
  { requests, firstAudibleAtMs }: ObservedTurn,
  { pace }: BenchServers,
) {
  const chats = requests.filter(({ endpoint }) => endpoint === 'chat');
  const chat = chats.findLast(({ firstByteAtMs }) =>
    hasHappened(firstByteAtMs, firstAudibleAtMs),
  );
  const providersMs =
    measureWaitMs(chat) + estimateTokensMs(eventCountBeforeSound, pace);
  return {
    clauseTokens: 0,
    asked: chat?.asked ?? '',
    providersMs,
    thoughts: chats.length,
  };
}

function measureRealtimeServer({ responses, firstAudibleAtMs }: ObservedTurn) {
  const response = responses.findLast((one) =>
    hasHappened(one.firstSoundAtMs, firstAudibleAtMs),
  );
  const providersMs = (response?.firstSoundAtMs ?? 0) - (response?.atMs ?? 0);
  return {
    clauseTokens: 0,
    asked: response?.asked ?? '',
    providersMs,
    thoughts: responses.length,
  };
}

function hasHappened(atMs: number | undefined, latestMs: number) {
  return atMs !== undefined && atMs <= latestMs;
}

/** The requests that the first sound came of: each the last that was answered before the next was made. */
function findLeadingRequests(
  firstAudibleAtMs: number,
  requests: readonly MockRequest[],
) {
  const last = (endpoint: MockRequest['endpoint'], beforeMs: number, text?: string) =>
    requests.findLast(
      (request) =>
        request.endpoint === endpoint &&
        (text === undefined || request.text === text) &&
        (request.firstByteAtMs ?? Number.POSITIVE_INFINITY) <= beforeMs,
    );
  const clause = requests.find(({ endpoint }) => endpoint === 'speech')?.text;
  const speech = last('speech', firstAudibleAtMs, clause);
  const chat = last('chat', speech?.atMs ?? firstAudibleAtMs);
  const recognition = last('transcriptions', chat?.atMs ?? firstAudibleAtMs);
  return { recognition, chat, speech, clause };
}

/** From the end of the upload to the first byte. */
function measureWaitMs(request: MockRequest | undefined) {
  return (request?.firstByteAtMs ?? 0) - (request?.bodyAtMs ?? 0);
}

function countTokens(text: string) {
  return text.match(/\S+/g)?.length ?? 0;
}

/** From the first token to the end of the first clause. */
function estimateClauseMs(clauseTokens: number, pace: ProviderPace) {
  return estimateTokensMs(Math.max(0, clauseTokens - 1), pace);
}

function estimateTokensMs(count: number, { tokensPerSecond }: ProviderPace) {
  return (count * 1000) / tokensPerSecond;
}

/** At the providers' nominal pace; those the bot alone decides have none. */
export function estimateFloors({ pipeline, pace }: BenchServers, clauseTokens: number) {
  // A streaming recogniser may know the words when the last one ends.
  const recognised =
    pipeline === 'chained, streaming recogniser' ? 0 : pace.recogniseMs;
  switch (pipeline) {
    case 'chained':
    case 'chained, streaming recogniser': {
      const token = recognised + pace.firstTokenMs;
      const clause = token + estimateClauseMs(clauseTokens, pace);
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

/** Sentences about whatever is faster than possible; then the measurement is wrong. */
export function findImpossibleFigures(
  turns: readonly MeasuredTurn[],
  setup: BenchServers,
) {
  return turns.flatMap((turn, n) => {
    const floors = estimateFloors(setup, turn.clauseTokens);
    return turnInstants.flatMap(([name]) => {
      const [ms, floorMs] = [turn.sinceMs[name], floors[name]];
      if (floorMs === 0 || ms >= floorMs - roundingMs) return [];
      return [
        `turn ${n + 1}: ${name} after ${ms.toFixed(0)} ms, under its floor of ${floorMs}`,
      ];
    });
  });
}

export type Spread = { readonly p50: number; readonly p95: number };

export function toSpread(values: readonly number[]) {
  const at = (part: number) => Math.round(findPercentile(values, part) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95) };
}
