import { isRecord, toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';

/** Subject of an event of an answer, and whether the event begins it, adds a piece or ends it. */
export type EventTopic = {
  readonly subject:
    | 'audio'
    | 'transcript'
    | 'text'
    | 'arguments'
    | 'item'
    | 'part'
    | 'response'
    | 'other';
  readonly stage: EventStage;
};

export type EventStage = 'begin' | 'piece' | 'end' | 'failure';

const stageWords: Readonly<Record<string, EventStage>> = {
  added: 'begin',
  begin: 'begin',
  created: 'begin',
  progress: 'begin',
  queued: 'begin',
  start: 'begin',
  started: 'begin',
  cancelled: 'end',
  complete: 'end',
  completed: 'end',
  done: 'end',
  end: 'end',
  ended: 'end',
  final: 'end',
  finished: 'end',
  incomplete: 'end',
  failed: 'failure',
};

/** Names of subjects as events have them, the most exact first. */
const subjectWords: readonly (readonly [RegExp, EventTopic['subject']])[] = [
  [/^(?:reasoning|think|thought)/, 'other'],
  [/^transcript/, 'transcript'],
  [/^(?:audio|sound|speech)$/, 'audio'],
  [/^(?:text|refusal)$/, 'text'],
  [/^arguments?$/, 'arguments'],
  [/^item$/, 'item'],
  [/^part$/, 'part'],
];

/** Events of a connection, of the sound of people, or of the conversation are not about an answer. */
const otherOwner = /^(?:input|session|conversation|rate|mcp|buffer)/;

/**
 * Reads the topic of an event of an answer from the parts of its name, whatever the version of the API calls it.
 * Undefined for events that are about no answer.
 *
 * @example
 * import { readEventTopic } from '#src/provider/realtime/realtime-events.ts';
 *
 * const former = readEventTopic('response.audio_transcript.delta');
 * `${former?.subject} ${former?.stage}`; // 'transcript piece'
 */
export function readEventTopic(type: unknown): EventTopic | undefined {
  const words = splitName(type);
  const [first = ''] = words;
  if (first === '' || words.some((word) => otherOwner.test(word))) return undefined;
  // A bare `transcription.delta` holds the words of people.
  if (first !== 'response' && words.some((word) => word.startsWith('transcription')))
    return undefined;
  const stage = readStage(words);
  const subject = subjectWords.find(([pattern]) =>
    words.some((word) => pattern.test(word)),
  )?.[1];
  if (subject) return { subject, stage };
  const isResponse = first === 'response' && words.length <= 3 && stage !== 'piece';
  return isResponse ? { subject: 'response', stage } : undefined;
}

/** Reads the stage of an event with the words of people. Undefined for any other event. */
export function readTranscriptionStage(type: unknown): EventStage | undefined {
  const words = splitName(type);
  const isOfWords = words.some((word) => word.startsWith('transcri'));
  const isOfAnswer = ['response', 'session'].includes(words[0] ?? '');
  const isOfSession = words[1] === 'session';
  if (!isOfWords || isOfAnswer || isOfSession || words.includes('segment'))
    return undefined;
  return readStage(words);
}

function splitName(type: unknown) {
  return (toNonEmptyText(type) ?? '')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);
}

function readStage(words: readonly string[]): EventStage {
  return stageWords[words.at(-1) ?? ''] ?? 'piece';
}

const soundFields = ['delta', 'audio', 'data', 'chunk', 'bytes', 'part'] as const;

/** Finds the sound of an event in base64, in any of the fields that servers use. Empty if it has none. */
export function findEventSound(event: JsonEvent): Buffer {
  for (const field of soundFields) {
    const value = event[field];
    if (typeof value === 'string' && value !== '') return Buffer.from(value, 'base64');
    const inner = isRecord(value) ? findEventSound(value) : undefined;
    if (inner && inner.length > 0) return inner;
  }
  return Buffer.alloc(0);
}

/** Finds the words of an event, also in a part or a list of parts. Empty if it has none. */
export function findEventText(event: JsonEvent): string {
  const { content, delta, part, text, transcript, type } = event;
  if (/reason|think/.test(toNonEmptyText(type) ?? '')) return '';
  const found = [delta, transcript, text, part, content].map(findWords);
  return found.find((words) => words !== '') ?? '';
}

function findWords(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isRecord(value)) return '';
  const records = [value].flat().map(toRecord);
  return records.map(findEventText).join('');
}

/** Rate of the sound of an event, in Hz, if the event states one. */
export function findEventRate(event: JsonEvent): number | undefined {
  const { rate, sample_rate, sample_rate_hz } = event;
  const stated = [sample_rate_hz, sample_rate, rate].find((hz) => isRate(hz));
  return typeof stated === 'number' ? stated : undefined;
}

/** Returns whether a value is a rate of sound in Hz. */
export function isRate(value: unknown): value is number {
  return typeof value === 'number' && value >= 8_000 && value <= 48_000;
}
