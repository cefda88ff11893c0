import { sumValues } from '#bench/format-table.ts';
import type { BenchChannel, TimedEvent } from './bench-channel.ts';
import type { SpokenLine } from './director.ts';
import { type MindRequest, parseSerial } from './honest-models.ts';

export type MannersVerdict = ReturnType<typeof judgeEvening>;

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
  const wanted = all.filter(({ meant }) => meant === 'yes');
  const uninvited = given.filter(({ asked }) =>
    asked.utterances.every((id) => spoken.get(id)?.meant === 'no'),
  );
  const talkMs = sumValues(all, ({ utterance }) => utterance.toMs - utterance.fromMs);
  const turns = findTurnFaults(channel);
  return {
    minutes: channel.clock.nowMs() / 60_000,
    utterances: all.length,
    questions: wanted.length,
    answers: given.length,
    /** Share of the time in which somebody talks. */
    talkShare: talkMs / channel.clock.nowMs(),
    uninvited: uninvited.map(({ asked }) =>
      asked.utterances.map((id) => reportLine(spoken.get(id))).join(' + '),
    ),
    lost: wanted.filter(({ utterance }) => timesOf(utterance.id) === 0).map(reportLine),
    twice: all.filter(({ utterance }) => timesOf(utterance.id) > 1).map(reportLine),
    /** To be heard to the last word, and were not. */
    cut: all
      .filter(
        ({ whole, utterance: { id } }) =>
          whole && given.some((one) => isCutOff(one, id)),
      )
      .map(reportLine),
    /** Short answers that somebody else's question ended after a clause. */
    endedEarly: given.filter(
      (one) => !one.isWhole && all.some((said) => isTooShort(said, one)),
    ).length,
    /** Number of turns checked against the senders of their packets. */
    turns: turns.length,
    misattributed: turns.flatMap((turn) => turn ?? []),
    failures: channel.happened.flatMap(({ event }) =>
      event.kind === 'failed' ? event.message : [],
    ),
  };
}

/** Names the scene and what was said. */
function reportLine(line: SpokenLine | undefined) {
  if (!line) return '?';
  const { scenario, utterance } = line;
  return `${(utterance.fromMs / 1000).toFixed(0)} s, ${scenario}, ${utterance.personId}: ${utterance.text}`;
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
