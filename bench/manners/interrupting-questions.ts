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
  readonly silent: readonly number[];
  /** Over the answer to the same person. */
  readonly own: readonly number[];
  /** Over the answer to another person, which ends its clause. */
  readonly other: readonly number[];
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

/** It speaks for so long before somebody asks. */
const askedAfterMs = 1_500;

export async function playQuestions(
  asked: readonly string[] = questions,
): Promise<QuestionWaits> {
  const channel = await openStoryChannel();
  const [silent, own, other]: [number[], number[], number[]] = [[], [], []];
  for (const question of asked) {
    silent.push(await measureWait(channel, 'ana', question));
    await tellStory(channel);
    own.push(await measureWait(channel, 'ana', question));
    await tellStory(channel);
    other.push(await measureWait(channel, 'ben', question));
  }
  return { silent, own, other };
}

async function measureWait(channel: BenchChannel, who: string, question: string) {
  const { clock, fixture, happened } = channel;
  const { id, toMs } = sayText(channel, who, question, clock.nowMs() + askedAfterMs);
  await passUntil(channel, toMs);
  await waitUntil(channel, () => isAnswering(channel, id));
  fixture.talk.stopSpeaking('g');
  await waitUntil(channel, () => isAtRest(channel));
  const [last] = happened
    .flatMap(({ event }) => ('instants' in event ? [event.instants] : []))
    .slice(-1);
  await passUntil(channel, clock.nowMs() + 2_000);
  return (last?.firstSentAtMs ?? Number.POSITIVE_INFINITY) - toMs;
}

/** Returns whether the answer to this utterance sounds. */
function isAnswering({ fixture, minds }: BenchChannel, utterance: number) {
  const { heardText = '' } = fixture.sessions.findSession('g')?.loop.output ?? {};
  const request = minds.asked[(parseSerial(heardText) ?? 0) - 1];
  return request?.utterances.includes(utterance) === true;
}
