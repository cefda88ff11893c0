import { join } from 'node:path';
import {
  type HeardAnswer,
  heard,
  replied,
  type SpokenReport,
  spoken,
} from '#src/console/sandbox-lines.ts';
import type { SandboxProcess } from '#src/console/sandbox-process.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import type { IgnoreReason } from '#src/turn/answerable.ts';
import type { EventLog } from './event-log.ts';
import type { ConversationPrinter } from './show.ts';
import { silenceOf } from './silence.ts';
import { openFolder } from './wav-files.ts';

/** Longest time, in ms, that the bot may think and speak. */
const answerMs = 60_000;
/** Longest wait, in ms, for the sound of an answer to arrive and end, after the report that it has left. */
const arrivalMs = 20_000;
const quietMs = 300;
/** Wait, in ms, after ignored speech, which may have been but a part of an utterance: the other part is known by then. */
const restMs = 1_500;
/** Longest wait, in ms, between the report of a failed answer and its reason. */
const reasonMs = 1_000;
/** All that is written on a `/join` is there by then. */
const doneMs = 3_000;

/** A packet may arrive before its sender has noted that it left. */
const stampMs = 2;

type AnswerEvent = Extract<SessionEvent, { kind: 'answered' }>;

/** One question and its answer, as the person who asked had it; or the stage that failed, and why. */
export type SpokenExchange =
  | {
      readonly kind: 'exchanged';
      readonly answered: AnswerEvent;
      readonly spoken: SpokenReport;
      readonly heard: HeardAnswer;
      /** Path of the WAV with the sound that reached the person. */
      readonly path: string;
    }
  | { readonly kind: 'failed'; readonly stage: string; readonly why: string };

type FailedExchange = Extract<SpokenExchange, { kind: 'failed' }>;

/** Where exchanges take place, and who watches. */
export type SandboxObservers = {
  readonly sandbox: Pick<SandboxProcess, 'ask' | 'ready' | 'gone'>;
  readonly events: EventLog;
  readonly show: ConversationPrinter;
  readonly botName: string;
  readonly dataDir: string;
};

/** `person` sits down in Lounge, calls the bot and waits until they hear each other. Abort: as `exchange`. */
export async function callIn(
  person: string,
  { sandbox, events }: SandboxObservers,
  signal: AbortSignal,
): Promise<{ readonly kind: 'called' } | FailedExchange> {
  const start = events.place;
  await sandbox.ask({ do: 'join', person });
  const reply = replied.parse(await sandbox.ask({ do: 'command', person, name: 'join' }));
  // The obstacle is told to the caller alone.
  if (reply.ephemeral) return failed('join', reply.text);
  await sandbox.ask({ do: 'settled', person });
  await events.after(start, ['done'], doneMs, signal);
  return { kind: 'called' };
}

/**
 * `person` speaks the recording and listens to the answer, which is kept as `name`.wav.
 *
 * Errors: BotError `sandbox.failed`. Aborting `signal` throws its reason.
 */
export async function exchange(
  person: string,
  wav: string,
  name: string,
  observers: SandboxObservers,
  signal: AbortSignal,
): Promise<SpokenExchange> {
  const { sandbox, events, dataDir } = observers;
  const path = join(await openFolder(dataDir), `${name}.wav`);
  const start = events.place;
  const said = spoken.parse(await sandbox.ask({ do: 'say', person, wav }, signal));
  const answered = await answerTo(person, start, said, observers, signal);
  if (answered.kind === 'failed') return answered;
  const reached = await listen(observers, person, path, answered);
  if (!reached) return failed('hear', `nothing of the answer reached ${person}`);
  return { kind: 'exchanged', answered, spoken: said, heard: reached, path };
}

async function listen(
  { sandbox }: SandboxObservers,
  person: string,
  wav: string,
  { instants: { firstSentAtMs } }: AnswerEvent,
): Promise<HeardAnswer | undefined> {
  if (firstSentAtMs === undefined) return undefined;
  // A cue that passed the time is no answer.
  const waits = { sinceMs: firstSentAtMs - stampMs, quietMs, timeoutMs: arrivalMs };
  const answer = await sandbox.ask({ do: 'listen', person, wav, ...waits }).catch(() => undefined);
  return answer && heard.parse(answer);
}

/** Answer of the bot to `person`, or the reason for none. */
async function answerTo(
  person: string,
  start: number,
  { lastVoicedAtMs }: SpokenReport,
  { events, botName }: SandboxObservers,
  signal: AbortSignal,
): Promise<AnswerEvent | FailedExchange> {
  const kinds = ['answered', 'failed', 'ignored', 'dropped'] as const;
  let ignored: IgnoreReason | undefined;
  for (let [place, waitMs] = [start, answerMs]; ; ) {
    const next = await events.after(place, kinds, waitMs, signal, person);
    if (!next) break;
    const { event, atMs } = next;
    if (event.kind === 'dropped') return failed('attend', 'too much was waiting to be answered');
    if (event.kind !== 'ignored') return await outcomeOf(event, start, events, signal);
    ignored = event.why;
    place = next.place;
    waitMs = atMs < lastVoicedAtMs ? answerMs : restMs;
  }
  if (ignored) return { kind: 'failed', ...silenceOf(ignored, botName) };
  const recognised = await events.after(start, ['recognised'], 0, signal, person);
  return recognised
    ? failed('think', 'no answer came within a minute')
    : failed('hear', 'the bot noticed no speech');
}

async function outcomeOf(
  event: Extract<SessionEvent, { kind: 'answered' | 'failed' }>,
  start: number,
  events: EventLog,
  signal: AbortSignal,
): Promise<AnswerEvent | FailedExchange> {
  if (event.kind === 'failed') return failed(event.stage, event.message);
  if (event.finish !== 'failed') return event;
  const reason = await events.after(start, ['failed'], reasonMs, signal);
  const { stage = 'speak', message = 'no reason given' } = reason?.event ?? {};
  return failed(stage, message);
}

function failed(host: string, why: string): FailedExchange {
  return { kind: 'failed', stage: host, why };
}
