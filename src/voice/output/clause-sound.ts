import type { Pcm } from '#src/audio/pcm.ts';
import { atStage, BotError } from '#src/base/errors.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/ports.ts';

export type ReadingVoice = {
  readonly synthesizer: Synthesizer;
  readonly voice: SpeechVoice;
};

/** Sound of one clause; of one that cannot be spoken none. Errors: BotError at the stage `speak`. */
export async function* soundOf(
  clause: string,
  { synthesizer, voice }: ReadingVoice,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  try {
    yield* synthesizer.synthesize(clause, voice, signal);
  } catch (error) {
    if (error instanceof BotError && error.code === 'speech.unspeakable') return;
    throw atStage('speak', error);
  }
}
