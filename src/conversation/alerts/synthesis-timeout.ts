import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { deadlineError } from '#src/ports/failure-event.ts';
import { timed } from '#src/provider/deadlines.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/ports.ts';

/** Longest time, in ms, that the sound of one sentence is waited for: to its beginning, and in all. */
const [firstMs, totalMs] = [20_000, 90_000];

/**
 * The sound of a sentence, from a synthesizer that need not heed any deadline.
 *
 * Errors: as `Synthesizer.synthesize`, and BotError `answer.late`. Aborting `signal` throws `signal.reason`.
 */
export async function* synthesizeInTime(
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
