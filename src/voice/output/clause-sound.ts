import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { atStage, BotError } from '#src/base/errors.ts';
import { deadlineError } from '#src/ports/failure-event.ts';
import { timed } from '#src/provider/deadlines.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/ports.ts';

export type ReadingVoice = {
  readonly synthesizer: Synthesizer;
  readonly voice: SpeechVoice;
  readonly clock: Clock;
};

/** Longest time, in ms, that the sound of one sentence is waited for: to its beginning, and in all. */
const [firstMs, totalMs] = [20_000, 90_000];

/** Sound of one clause; of one that cannot be spoken none. Errors: BotError at the stage `speak`. */
export async function* soundOf(
  clause: string,
  { synthesizer, voice, clock }: ReadingVoice,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  try {
    yield* synthesizeInTime(synthesizer, clause, voice, clock, signal);
  } catch (error) {
    if (error instanceof BotError && error.code === 'speech.unspeakable') return;
    throw atStage('speak', error);
  }
}

/**
 * The sound of a sentence, from a synthesizer that need not heed any deadline.
 *
 * Errors: as `Synthesizer.synthesize`, and BotError `answer.late`. Aborting `signal` throws `signal.reason`.
 */
async function* synthesizeInTime(
  synthesizer: Synthesizer,
  text: string,
  voice: SpeechVoice,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  const over = new AbortController();
  const sound = synthesizer.synthesize(text, voice, AbortSignal.any([signal, over.signal]));
  const late = (ms: number) =>
    deadlineError('speak', `The synthesizer returned no sound of a sentence for ${ms / 1000} s.`);
  try {
    yield* timed(sound, { clock, firstMs, totalMs, isOutput: () => true, late });
  } finally {
    over.abort(new Error('the sentence is over'));
  }
}
