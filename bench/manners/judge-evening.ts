import type { BenchChannel, TimedEvent } from './bench-channel.ts';
import type { SpokenLine } from './director.ts';
import { type MindRequest, parseSerial } from './honest-models.ts';

/** Result of one evening. */
export type MannersVerdict = {
  readonly minutes: number;
  readonly utterances: number;
  readonly questions: number;
  readonly answers: number;
  /** Share of the time in which somebody talks. */
  readonly talkShare: number;
  /** Each names its scene and what was said. */
  readonly uninvited: readonly string[];
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  /** To be heard to the last word, and were not. */
  readonly cut: readonly string[];
  /** Short answers that somebody else's question ended after a clause. */
  readonly endedEarly: number;
  /** Number of turns checked against the senders of their packets. */
  readonly turns: number;
  readonly misattributed: readonly string[];
  readonly failures: readonly string[];
};

export type Evening = {
  readonly channel: BenchChannel;
  readonly spoken: ReadonlyMap<number, SpokenLine>;
};

/** An answer of which something was heard. */
type HeardAnswerPart = { readonly asked: MindRequest; readonly isWhole: boolean };

export function judgeEvening({ channel, spoken }: Evening) {
  const given = listGivenAnswers(channel);
  const all = [...spoken.values()];
  const timesOf = (id: number) =>
    given.filter(({ asked }) => asked.utterances.includes(id)).length;
  const reported = ({ utterance, scenario }: SpokenLine) =>
    `${(utterance.fromMs / 1000).toFixed(0)} s, ${scenario}, ${utterance.personId}: ${utterance.text}`;
  const wanted = all.filter(({ meant }) => meant === 'yes');
  const uninvited = given.filter(({ asked }) =>
    asked.utterances.every((id) => spoken.get(id)?.meant === 'no'),
  );
  const talkMs = all.reduce(
    (sum, { utterance }) => sum + utterance.toMs - utterance.fromMs,
    0,
  );
  const turns = findTurnFaults(channel);
  return {
    minutes: channel.clock.nowMs() / 60_000,
    utterances: all.length,
    questions: wanted.length,
    answers: given.length,
    talkShare: talkMs / channel.clock.nowMs(),
    uninvited: uninvited.map(({ asked }) =>
      asked.utterances.map((id) => reportedOf(id)).join(' + '),
    ),
    lost: wanted.filter(({ utterance }) => timesOf(utterance.id) === 0).map(reported),
    twice: all.filter(({ utterance }) => timesOf(utterance.id) > 1).map(reported),
    cut: all
      .filter(
        ({ whole, utterance: { id } }) =>
          whole && given.some((one) => isCutOff(one, id)),
      )
      .map(reported),
    endedEarly: given.filter(
      (one) => !one.isWhole && all.some((said) => isTooShort(said, one)),
    ).length,
    turns: turns.length,
    misattributed: turns.flatMap((turn) => turn ?? []),
    failures: channel.happened.flatMap(({ event }) =>
      event.kind === 'failed' ? event.message : [],
    ),
  };

  function reportedOf(id: number) {
    const one = spoken.get(id);
    return one ? reported(one) : `?${id}`;
  }
}

function isTooShort(
  { answer, meant, utterance }: SpokenLine,
  { asked }: HeardAnswerPart,
) {
  return (
    answer === 'short' && meant === 'yes' && asked.utterances.includes(utterance.id)
  );
}

function isCutOff({ asked, isWhole }: HeardAnswerPart, id: number) {
  return asked.utterances.includes(id) && !isWhole;
}

function listGivenAnswers({ happened, minds }: BenchChannel) {
  return happened.flatMap(({ event }) => {
    if (event.kind !== 'answered' || event.heardText === '') return [];
    const asked = minds.asked[(parseSerial(event.text) ?? 0) - 1];
    return asked ? [{ asked, isWhole: event.heardText === event.text }] : [];
  });
}

/** Faults of each recognised text and each question put to the model: undefined when it belongs to its speaker. */
function findTurnFaults(channel: BenchChannel) {
  const { microphones, minds, happened } = channel;
  const ownerOf = (id: number) => microphones.said[id - 1]?.personId;
  const asked = minds.asked.map(({ serial, speakerId, utterances }) => {
    const isTheirs =
      utterances.length > 0 && utterances.every((id) => ownerOf(id) === speakerId);
    return isTheirs
      ? undefined
      : `answer ${serial} is to ${speakerId}, utterances ${utterances}`;
  });
  return [...asked, ...happened.flatMap((one) => isRecognisedFrom(one, channel))];
}

/** Such words that speaker said just before. */
function isRecognisedFrom({ atMs, event }: TimedEvent, { microphones }: BenchChannel) {
  if (event.kind !== 'recognised') return [];
  const own = microphones.said.filter(
    ({ personId, fromMs, toMs }) =>
      personId === event.speakerId && fromMs < atMs && toMs > atMs - 30_000,
  );
  const isTheirs = holdsWords(own.map(({ text }) => text).join(' '), event.text);
  return [isTheirs ? undefined : `${event.speakerId}: ${event.text}`];
}

/** The words of `part` in their order, others between them or not: a recogniser may have been asked too soon. */
function holdsWords(whole: string, part: string) {
  const words = part.split(' ');
  for (const word of whole.split(' ')) if (word === words[0]) words.shift();
  return words.length === 0;
}
