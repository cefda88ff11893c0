import { seededRandom } from '#sandbox/seeded-random.ts';
import { type BenchChannel, goTo, openChannel, peopleOf, say, until } from './channel.ts';

/** One stop in the middle of an answer. */
export type AnswerCut = {
  readonly sentMs: number;
  /** Words of the history, and those whose sound had left by the proportions of the voice. */
  readonly kept: number;
  readonly left: number;
};

const frameMs = 20;
/** Time of the longest stop; the answer takes half as long again. */
const latestMs = 15_000;
/** By then it has said hello. */
const greetingMs = 12_000;

/** Stops a long answer at so many moments, spread evenly and shaken. */
export async function cutAnswers(count: number, seed: number): Promise<readonly AnswerCut[]> {
  const random = seededRandom(seed);
  const channel = await openChannel(peopleOf(2), () => 'long');
  await goTo(channel, greetingMs);
  const cuts: AnswerCut[] = [];
  for (let n = 0; n < count; n++) {
    cuts.push(await cutAfter(channel, (latestMs * (n + random())) / count));
  }
  return cuts;
}

async function cutAfter(channel: BenchChannel, afterMs: number): Promise<AnswerCut> {
  const { clock, fixture, lastSound, sounded } = channel;
  const former = new Map(sounded);
  const begun = clock.nowMs() + 3_000;
  const asked = say(channel, 'ana', 'Nova, tell me a long story.', begun);
  await goTo(channel, asked.toMs);
  await until(channel, () => lastSound.lastMs > begun);
  await goTo(channel, lastSound.lastMs + afterMs);
  const answered = channel.happened.length;
  fixture.talk.stop('g');
  await until(channel, () => answerIn(channel, answered) !== undefined);
  const frames = [...sounded].map(([text, all]) => [text, all - (former.get(text) ?? 0)] as const);
  const sent = frames.filter(([, more]) => more > 0);
  const sentMs = sent.reduce((sum, [, more]) => sum + more * frameMs, 0);
  const left = sent.reduce(
    (sum, [text, more]) => sum + wordsLeft(channel, text, more * frameMs),
    0,
  );
  return { sentMs, left, kept: wordsOf(answerIn(channel, answered) ?? '').length };
}

function answerIn({ happened }: BenchChannel, from: number): string | undefined {
  const found = happened.slice(from).find(({ event }) => event.kind === 'answered');
  return found?.event.kind === 'answered' ? found.event.heardText : undefined;
}

/** The fake voice gives each character 65 ms, in whole pieces of 100. */
function wordsLeft({ synthesizer }: BenchChannel, call: number, sentMs: number): number {
  const text = synthesizer.asked[call - 1]?.text ?? '';
  const soundMs = 100 * Math.ceil((text.length * 65) / 100);
  const characters = (text.length * sentMs) / soundMs;
  let at = 0;
  return wordsOf(text).filter((word) => {
    at += word.length + 1;
    return at - 1 <= characters;
  }).length;
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => /\p{L}|\p{N}/u.test(word));
}
