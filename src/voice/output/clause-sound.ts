import type { Pcm } from '#src/audio/pcm.ts';
import { addFailureStage, BotError } from '#src/base/errors.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';

export type PaidVoice = {
  readonly synthesizer: Synthesizer;
  readonly voice: SpeechVoice;
};

/** An unspeakable clause has no sound. Errors: BotError at the stage `speak`. */
export async function* synthesizeClause(
  clause: string,
  { synthesizer, voice }: PaidVoice,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  try {
    yield* synthesizer.synthesize(clause, voice, signal);
  } catch (error) {
    if (error instanceof BotError && error.code === 'speech.unspeakable') return;
    throw addFailureStage('speak', error);
  }
}
