import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWav } from '#src/audio/formats/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import type {
  CommandAnswer,
  HeardAnswer,
  SandboxProcess,
} from '#src/console/sandbox-process.ts';
import { recogniseProbe } from '#src/probes/engine-probes.ts';
import { type Finding, tryProbe } from '#src/probes/probe.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import type { EventLog, LoggedEvent } from './event-log.ts';
import { type ConversationPrinter, explainDrop, explainSilence } from './printer.ts';

/** Name of the person as whom the console speaks. */
export const consoleSpeaker = 'Adam';

const answerMs = 60_000;
const arrivalMs = 20_000;
const quietMs = 300;
/** Ignored speech may be part of an utterance. */
const laterOutcomeMs = 1_500;
const reasonMs = 1_000;
const completionMs = 3_000;
const stampMs = 2;
const proofMs = 60_000;

const outcomes = ['answered', 'failed', 'ignored', 'dropped', 'left'] as const;
type OutcomeEvent = LoggedEvent<(typeof outcomes)[number]>['event'];
type AnswerEvent = Extract<OutcomeEvent, { kind: 'answered' }>;

export type SpokenExchange =
  | {
      readonly kind: 'exchanged';
      readonly answered: AnswerEvent;
      readonly heard: HeardAnswer;
      readonly path: string;
    }
  | {
      readonly kind: 'failed';
      readonly stage: string;
      readonly why: string;
      readonly isShown?: boolean | undefined;
    };

export type FailedExchange = Extract<SpokenExchange, { kind: 'failed' }>;

export type SandboxObservers = {
  readonly sandbox: Pick<SandboxProcess, 'sendRequest' | 'ready' | 'gone'>;
  readonly events: EventLog;
  readonly show: ConversationPrinter;
  readonly botName: string;
  readonly dataDir: string;
};

/** Lets Adam call the bot and ask for the time. Throws as `runExchange` does. */
export async function runFirstExchange(
  observers: SandboxObservers,
  signal: AbortSignal,
): Promise<SpokenExchange> {
  const { events, sandbox } = observers;
  const start = events.position;
  await sandbox.sendRequest({ do: 'join', person: consoleSpeaker });
  const request = { do: 'command', person: consoleSpeaker, name: 'join' } as const;
  const reply = await sandbox.sendRequest<CommandAnswer>(request);
  // The obstacle is told to the caller alone.
  if (reply.ephemeral) return toFailedExchange('join', reply.text);
  await sandbox.sendRequest({ do: 'settled', person: consoleSpeaker });
  await events.waitForEvent(start, ['completed'], completionMs, signal);
  return await runExchange(consoleSpeaker, sandbox.ready.recording, observers, signal);
}

/**
 * Speaks the recording, and keeps the answer as a WAV. Throws BotError
 * `sandbox.failed`.
 */
export async function runExchange(
  person: string,
  wav: string,
  observers: SandboxObservers,
  signal: AbortSignal,
): Promise<SpokenExchange> {
  const { sandbox, events, dataDir } = observers;
  const path = join(openFolder(dataDir), `${person.toLowerCase()}-heard.wav`);
  const start = events.position;
  await sandbox.sendRequest({ do: 'say', person, wav }, signal);
  const answered = await waitForAnswer(person, start, observers, signal);
  if (answered.kind === 'failed') return answered;
  const heardAnswer = await listenForAnswer(observers, person, path, answered);
  if (!heardAnswer)
    return toFailedExchange('hear', `nothing of the answer reached ${person}`);
  return { kind: 'exchanged', answered, heard: heardAnswer, path };
}

async function listenForAnswer(
  { sandbox }: SandboxObservers,
  person: string,
  wav: string,
  { instants: { firstSentAtMs } }: AnswerEvent,
) {
  if (firstSentAtMs === undefined) return undefined;
  // A cue that passed the time is no answer.
  const waits = { sinceMs: firstSentAtMs - stampMs, quietMs, timeoutMs: arrivalMs };
  const request = { do: 'listen', person, wav, ...waits } as const;
  return await sandbox.sendRequest<HeardAnswer>(request).catch(() => undefined);
}

async function waitForAnswer(
  person: string,
  start: number,
  { events, botName }: SandboxObservers,
  signal: AbortSignal,
): Promise<AnswerEvent | FailedExchange> {
  const event = await waitForOutcome(person, start, events, signal);
  switch (event?.kind) {
    case undefined:
      return toFailedExchange('answer', 'none came within a minute');
    case 'failed':
      return toFailedExchange(event.stage, event.message, true);
    case 'dropped':
      return toFailedExchange('attend', explainDrop(event.why, person), true);
    case 'ignored':
      return { kind: 'failed', ...explainSilence(event.why, botName) };
    case 'left':
      return toFailedExchange('attend', `${botName} left`, true);
    case 'answered': {
      if (event.finish !== 'failed') return event;
      const reason = await events.waitForEvent(start, ['failed'], reasonMs, signal);
      return toFailedExchange(
        reason?.event.stage ?? 'speak',
        reason?.event.message ?? 'no reason given',
        reason !== undefined,
      );
    }
  }
}

/** Waits for a reaction to a person. Undefined after a minute. */
export async function waitForOutcome(
  person: string,
  start: number,
  events: EventLog,
  signal: AbortSignal,
): Promise<OutcomeEvent | undefined> {
  const outcome = await events.waitForEvent(start, outcomes, answerMs, signal, person);
  if (outcome?.event.kind !== 'ignored') return outcome?.event;
  const laterOutcome = await events.waitForEvent(
    outcome.position,
    outcomes,
    laterOutcomeMs,
    signal,
    person,
  );
  return (laterOutcome ?? outcome).event;
}

function toFailedExchange(
  stage: string,
  reason: string,
  isShown?: boolean,
): FailedExchange {
  return { kind: 'failed', stage, why: reason, isShown };
}

/** Tests whether a recogniser finds the words of the answer in the sound that was heard. */
export async function checkAnswerWords(
  { answered, path }: Extract<SpokenExchange, { kind: 'exchanged' }>,
  transcriber: Transcriber,
  signal: AbortSignal,
): Promise<Finding> {
  const clip = { pcm: readWav(await readFile(path)), text: answered.text };
  const deadline = { clock: realClock, deadlineMs: proofMs, signal };
  return await tryProbe(recogniseProbe, { transcriber, clip }, deadline);
}

/** Opens the sandbox's folder. Throws BotError `sandbox.failed`. */
export function openFolder(dataDir: string): string {
  const folder = join(dataDir, 'sandbox');
  try {
    makeFolder(folder);
    return folder;
  } catch (cause) {
    throw new BotError(
      'sandbox.failed',
      false,
      `The sandbox cannot keep files in ${folder}, check DATA_DIR: ${getErrorMessage(cause)}.`,
      cause,
    );
  }
}
