import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { EncodedSpeech, SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
import type { BotVoice } from './bot-voice.ts';

/** A question and what came of it. */
export type CapacityExchange =
  | { readonly kind: 'answered'; readonly answerMs: number }
  | { readonly kind: 'interrupted'; readonly silentMs: number | undefined }
  | { readonly kind: 'failed' };

/** Somebody who asks, as the programs of the bench know them. */
export type ConversingPerson = { readonly person: SandboxPerson; readonly voice: BotVoice };

/** One question begins so long after the one before. */
export const askEveryMs = 8_000;
/** Of so many answers one is interrupted by another question, so long after its first packet. */
const interruptEvery = 4;
const interruptAfterMs = 800;
const patienceMs = 10_000;

/** Asks one question after the other until `stop`; `offset` is which one is first. */
export async function converse(
  { person, voice }: ConversingPerson,
  questions: readonly EncodedSpeech[],
  offset: number,
  tell: (exchange: CapacityExchange) => void,
  stop: AbortSignal,
): Promise<void> {
  const question = (n: number) => questions[(offset + n) % questions.length] ?? { frames: [] };
  for (let n = 0; !stop.aborted; n++) {
    const beganAtMs = realClock.nowMs();
    const spoken = await person.say(question(n), stop);
    const answerMs = await answered(voice, spoken);
    tell(answerMs === undefined ? { kind: 'failed' } : { kind: 'answered', answerMs });
    if (answerMs !== undefined && n % interruptEvery === interruptEvery - 1) {
      await realClock.sleep(interruptAfterMs, stop);
      tell(await interrupted(voice, await person.say(question(n + 2), stop)));
    }
    await realClock.sleep(askEveryMs - (realClock.nowMs() - beganAtMs), stop);
  }
}

/** How long after the last voiced packet the answer was heard, in ms. */
async function answered(voice: BotVoice, spoken: SpokenTimes): Promise<number | undefined> {
  const { lastVoicedAtMs } = spoken;
  const fromMs = await voice.startSince(lastVoicedAtMs, patienceMs);
  return fromMs === undefined ? undefined : fromMs - lastVoicedAtMs;
}

async function interrupted(voice: BotVoice, spoken: SpokenTimes): Promise<CapacityExchange> {
  const answerMs = await answered(voice, spoken);
  if (answerMs === undefined) return { kind: 'failed' };
  const endMs = voice.endOf(spoken.firstVoicedAtMs);
  return {
    kind: 'interrupted',
    silentMs: endMs === undefined ? undefined : Math.max(0, endMs - spoken.firstVoicedAtMs),
  };
}
