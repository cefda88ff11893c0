import { type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  type BenchChannel,
  isAtRest,
  openStoryChannel,
  passUntil,
  sayText,
  tellStory,
  waitUntil,
} from './bench-channel.ts';
import { parseSerial } from './honest-models.ts';

/** Waits, in ms, from the last sound of each question to the first frame of its answer. */
export type QuestionWaits = {
  /** Questions out of silence. */
  readonly silent: readonly number[];
  /** Questions over the answer to the same person. */
  readonly samePerson: readonly number[];
  /** Questions over the answer to another person. The bot first ends that clause. */
  readonly otherPerson: readonly number[];
};

const questions = [
  'Nova, what is the capital of Peru?',
  'Nova, when does the last train to Bergen leave?',
  'Nova, how long do I have to boil an egg?',
  'Nova, who wrote that book about the whale?',
  'Nova, what is seventeen times twelve?',
  'Nova, do I need an umbrella tomorrow?',
  'Nova, how far is it from Oslo to Rome?',
  'Nova, which of the two films is longer?',
] as const;

/** Time for which the bot speaks before somebody asks. */
const askedAfterMs = 1_500;

/** Asks each question out of silence, over an answer to the same person, and over one to another, on virtual time. A question without an answer waits for Infinity. */
export async function playQuestions(
  texts: readonly string[] = questions,
): Promise<QuestionWaits> {
  const channel = await openStoryChannel();
  const silent: number[] = [];
  const samePerson: number[] = [];
  const otherPerson: number[] = [];
  for (const question of texts) {
    silent.push(await measureWait(channel, toPersonId('ana'), question));
    await tellStory(channel);
    samePerson.push(await measureWait(channel, toPersonId('ana'), question));
    await tellStory(channel);
    otherPerson.push(await measureWait(channel, toPersonId('ben'), question));
  }
  return { silent, samePerson, otherPerson };
}

async function measureWait(channel: BenchChannel, askerId: PersonId, question: string) {
  const { clock, fixture, events } = channel;
  const { id, toMs } = sayText(
    channel,
    askerId,
    question,
    clock.nowMs() + askedAfterMs,
  );
  await passUntil(channel, toMs);
  await waitUntil(channel, () => isAnswering(channel, id));
  fixture.talk.stopSpeaking(toGuildId('g'));
  await waitUntil(channel, () => isAtRest(channel));
  const [lastInstants] = events
    .flatMap(({ event }) => ('instants' in event ? [event.instants] : []))
    .slice(-1);
  await passUntil(channel, clock.nowMs() + 2_000);
  return (lastInstants?.firstSentAtMs ?? Number.POSITIVE_INFINITY) - toMs;
}

/** Returns whether the answer to this utterance sounds. */
function isAnswering({ fixture, minds }: BenchChannel, utterance: number) {
  const { loop, mouth } = fixture.sessions.findSession(toGuildId('g')) ?? {};
  const { reply } = loop?.state.turnQueue.current ?? {};
  const heardText = mouth?.replies.findAnswer(reply)?.reply?.getHeardText() ?? '';
  const request = minds.requests[(parseSerial(heardText) ?? 0) - 1];
  return request?.utterances.includes(utterance) === true;
}
