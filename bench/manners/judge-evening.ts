import { sumValues } from '#bench/format-table.ts';
import type { BenchChannel, TimedEvent } from './bench-channel.ts';
import type { SpokenLine } from './director.ts';
import { type MindRequest, parseSerial } from './honest-models.ts';

/** Verdict on an evening. Lines are told by their instant, scene, speaker and text. */
export interface MannersVerdict {
  readonly minutes: number;
  readonly utterances: number;
  /** Number of utterances that are for the bot. */
  readonly questions: number;
  readonly answers: number;
  /** Sum of the lengths of all utterances, as a share of the evening. */
  readonly talkShare: number;
  /** Lines that are not for the bot, and were answered. */
  readonly uninvited: readonly string[];
  /** Questions without an answer. */
  readonly lost: readonly string[];
  /** Lines with more than one answer. */
  readonly twice: readonly string[];
  /** Lines whose answer was to be heard to the last word, and was not. */
  readonly cut: readonly string[];
  /** Number of short answers that somebody else's question ended after a clause. */
  readonly endedEarly: number;
  /** Number of turns checked against the senders of their packets. */
  readonly turns: number;
  /** Turns that were given to a person who did not speak. */
  readonly misattributed: readonly string[];
  /** Messages of failures of the session. */
  readonly failures: readonly string[];
}

/** An evening that was played. */
export type Evening = {
  readonly channel: BenchChannel;
  /** Lines by the id of their utterance. */
  readonly spokenLines: ReadonlyMap<number, SpokenLine>;
};

/** An answer of which something was heard. */
type HeardAnswer = { readonly request: MindRequest; readonly isWhole: boolean };

/** Judges whether the bot answered those who meant it, and nobody else. */
export function judgeEvening({ channel, spokenLines }: Evening): MannersVerdict {
  const answers = listHeardAnswers(channel);
  const lines = [...spokenLines.values()];
  const questions = lines.filter(({ meant }) => meant === 'yes');
  const talkMs = sumValues(lines, ({ utterance }) => utterance.toMs - utterance.fromMs);
  const turns = findTurnFaults(channel);
  return {
    minutes: channel.clock.nowMs() / 60_000,
    utterances: lines.length,
    questions: questions.length,
    answers: answers.length,
    talkShare: talkMs / channel.clock.nowMs(),
    uninvited: listUninvited(answers, spokenLines),
    ...judgeLines(lines, questions, answers),
    turns: turns.length,
    misattributed: turns.flatMap((turn) => turn ?? []),
    failures: channel.events.flatMap(({ event }) =>
      event.kind === 'failed' ? event.message : [],
    ),
  };
}

/** Lists answers to utterances of which none is for the bot. */
function listUninvited(
  answers: readonly HeardAnswer[],
  spokenLines: Evening['spokenLines'],
) {
  return answers
    .filter(({ request }) =>
      request.utterances.every((id) => spokenLines.get(id)?.meant === 'no'),
    )
    .map(({ request }) =>
      request.utterances.map((id) => reportLine(spokenLines.get(id))).join(' + '),
    );
}

function judgeLines(
  lines: readonly SpokenLine[],
  questions: readonly SpokenLine[],
  answers: readonly HeardAnswer[],
) {
  const countAnswers = ({ utterance }: SpokenLine) =>
    answers.filter(({ request }) => request.utterances.includes(utterance.id)).length;
  const isCut = ({ whole, utterance }: SpokenLine) =>
    whole && answers.some((answer) => isCutOff(answer, utterance.id));
  return {
    lost: questions.filter((line) => countAnswers(line) === 0).map(reportLine),
    twice: lines.filter((line) => countAnswers(line) > 1).map(reportLine),
    cut: lines.filter(isCut).map(reportLine),
    endedEarly: answers.filter(
      (answer) => !answer.isWhole && lines.some((line) => isTooShort(line, answer)),
    ).length,
  };
}

/** Tells the instant, scene, speaker and text of a line. */
function reportLine(line: SpokenLine | undefined) {
  if (!line) return '?';
  const { scenario, utterance } = line;
  return `${(utterance.fromMs / 1000).toFixed(0)} s, ${scenario}, ${utterance.personId}: ${utterance.text}`;
}

function isTooShort(
  { answer, meant, utterance }: SpokenLine,
  { request }: HeardAnswer,
) {
  return (
    answer === 'short' && meant === 'yes' && request.utterances.includes(utterance.id)
  );
}

function isCutOff({ request, isWhole }: HeardAnswer, id: number) {
  return request.utterances.includes(id) && !isWhole;
}

function listHeardAnswers({ events, minds }: BenchChannel): readonly HeardAnswer[] {
  return events.flatMap(({ event }) => {
    if (event.kind !== 'answered' || event.heardText === '') return [];
    const request = minds.requests[(parseSerial(event.text) ?? 0) - 1];
    return request ? [{ request, isWhole: event.heardText === event.text }] : [];
  });
}

/** Finds a fault of each question put to the model and of each recognised text. Undefined when the text belongs to its speaker. */
function findTurnFaults(channel: BenchChannel) {
  const { microphones, minds, events } = channel;
  const findSpeaker = (id: number) => microphones.utterances[id - 1]?.personId;
  const questionFaults = minds.requests.map(({ serial, speakerId, utterances }) => {
    const isTheirs =
      utterances.length > 0 && utterances.every((id) => findSpeaker(id) === speakerId);
    return isTheirs
      ? undefined
      : `answer ${serial} is to ${speakerId}, utterances ${utterances}`;
  });
  const textFaults = events.flatMap((event) => findTextFault(event, channel));
  return [...questionFaults, ...textFaults];
}

/** Finds a fault of a recognised text: the speaker said other words just before. */
function findTextFault({ atMs, event }: TimedEvent, { microphones }: BenchChannel) {
  if (event.kind !== 'recognised') return [];
  const utterances = microphones.utterances.filter(
    ({ personId, fromMs, toMs }) =>
      personId === event.speakerId && fromMs < atMs && toMs > atMs - 30_000,
  );
  const spokenText = utterances.map(({ text }) => text).join(' ');
  const isTheirs = hasWordsInOrder(spokenText, event.text);
  return [isTheirs ? undefined : `${event.speakerId}: ${event.text}`];
}

/** Tests for the words of `excerpt` in their order, others between them or not: a recogniser may have been asked too soon. */
function hasWordsInOrder(text: string, excerpt: string) {
  const expectedWords = excerpt.split(' ');
  for (const word of text.split(' '))
    if (word === expectedWords[0]) expectedWords.shift();
  return expectedWords.length === 0;
}
