import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { EncodedSpeech } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';

/** Between two sentences. */
const breathMs = 400;

/** Says one sentence after the other until `stop`; `offset` is which one is first. */
export async function talk(
  person: SandboxPerson,
  sentences: readonly EncodedSpeech[],
  offset: number,
  stop: AbortSignal,
): Promise<void> {
  for (let n = offset; ; n++) {
    await person.say(sentences[n % sentences.length] ?? { frames: [] }, stop);
    await realClock.sleep(breathMs, stop);
  }
}
