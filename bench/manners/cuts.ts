import { seededRandom } from '#sandbox/seeded-random.ts';
import { type BenchChannel, goTo, openRoom, peopleOf, say, until } from './room.ts';

/** One stop in the middle of an answer. */
export type AnswerCut = {
  readonly sentMs: number;
  /** Words of the history, and those whose sound had left by the proportions of the voice. */
  readonly kept: number;
  readonly left: number;
};

const frameMs = 20;
/** What the longest stop comes after; the answer takes half as long again. */
const latestMs = 15_000;
/** By then it has said hello. */
const greetingMs = 12_000;

/** Stops a long answer at so many moments, spread evenly and shaken. */
export async function cutAnswers(count: number, seed: number): Promise<readonly AnswerCut[]> {
  const random = seededRandom(seed);
  const room = await openRoom(peopleOf(2), () => 'long');
  await goTo(room, greetingMs);
  const cuts: AnswerCut[] = [];
  for (let n = 0; n < count; n++) {
    cuts.push(await cutAfter(room, (latestMs * (n + random())) / count));
  }
  return cuts;
}

async function cutAfter(room: BenchChannel, afterMs: number): Promise<AnswerCut> {
  const { clock, fixture, mouth, sounded } = room;
  const former = new Map(sounded);
  const begun = clock.nowMs() + 3_000;
  const asked = say(room, 'ana', 'Nova, tell me a long story.', begun);
  await goTo(room, asked.toMs);
  await until(room, () => mouth.lastMs > begun);
  await goTo(room, mouth.lastMs + afterMs);
  const answered = room.happened.length;
  fixture.talk.stop('g');
  await until(room, () => answerIn(room, answered) !== undefined);
  const frames = [...sounded].map(([text, all]) => [text, all - (former.get(text) ?? 0)] as const);
  const sent = frames.filter(([, more]) => more > 0);
  const sentMs = sent.reduce((sum, [, more]) => sum + more * frameMs, 0);
  const left = sent.reduce((sum, [text, more]) => sum + wordsLeft(room, text, more * frameMs), 0);
  return { sentMs, left, kept: wordsOf(answerIn(room, answered) ?? '').length };
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
