import { seededRandom } from '#sandbox/seeded-random.ts';
import {
  type BenchChannel,
  openStoryChannel,
  passUntil,
  tellStory,
  waitUntil,
} from './bench-channel.ts';

/** One stop in the middle of an answer. */
export type AnswerCut = {
  readonly sentMs: number;
  /** Words of the history, and those whose sound had left by the proportions of the voice. */
  readonly kept: number;
  readonly left: number;
};

const frameMs = 20;
/** Time of the longest stop; the answer takes half as long again. */
const latestStopMs = 15_000;
/** Stops a long answer at so many moments, spread evenly and shaken. */
export async function cutAnswers(count: number, seed: number) {
  const random = seededRandom(seed);
  const channel = await openStoryChannel(2);
  const cuts: AnswerCut[] = [];
  for (let n = 0; n < count; n++) {
    cuts.push(await cutAnswerAfter(channel, (latestStopMs * (n + random())) / count));
  }
  return cuts;
}

async function cutAnswerAfter(channel: BenchChannel, afterMs: number) {
  const { fixture, lastSound, voiceFrames } = channel;
  const before = voiceFrames.length;
  await tellStory(channel, 'ana');
  await passUntil(channel, lastSound.lastMs + afterMs);
  const answered = channel.happened.length;
  fixture.talk.stopSpeaking('g');
  await waitUntil(channel, () => findAnswer(channel, answered) !== undefined);
  const sent = voiceFrames.slice(before);
  const byText = Map.groupBy(sent, ({ level }) => level - 4000);
  const left = [...byText].map(([text, all]) =>
    listLeftWords(channel, text, all.length * frameMs),
  );
  const sentMs = sent.length * frameMs;
  return {
    sentMs,
    left: left.reduce((sum, words) => sum + words, 0),
    kept: splitWords(findAnswer(channel, answered) ?? '').length,
  };
}

function findAnswer({ happened }: BenchChannel, from: number) {
  const found = happened.slice(from).find(({ event }) => event.kind === 'answered');
  return found?.event.kind === 'answered' ? found.event.heardText : undefined;
}

/** The fake voice gives each character 65 ms, in whole pieces of 100. */
function listLeftWords({ synthesizer }: BenchChannel, call: number, sentMs: number) {
  const text = synthesizer.asked[call - 1]?.text ?? '';
  const soundMs = 100 * Math.ceil((text.length * 65) / 100);
  const characters = (text.length * sentMs) / soundMs;
  let at = 0;
  return splitWords(text).filter((word) => {
    at += word.length + 1;
    return at - 1 <= characters;
  }).length;
}

function splitWords(text: string) {
  return text.split(/\s+/).filter((word) => /\p{L}|\p{N}/u.test(word));
}
