import { durationMs } from '#src/audio/pcm.ts';
import type { Synthesizer } from './ports.ts';

/**
 * Told once of each text that was asked for: how long it is, and how much sound came until it ended or was cut short.
 * What was refused before its first sound costs nothing.
 */
export type Spoke = (spoken: { readonly characters: number; readonly ms: number }) => void;

/** The same voice, with every request counted. */
export function meteredVoice(synthesizer: Synthesizer, spoke: Spoke): Synthesizer {
  const { oneVoice } = synthesizer;
  return {
    async *synthesize(text, voice, signal) {
      signal.throwIfAborted(); // what is never asked takes nothing
      let ms = 0;
      let isRefused = false;
      try {
        for await (const pcm of synthesizer.synthesize(text, voice, signal)) {
          ms += durationMs(pcm);
          yield pcm;
        }
      } catch (error) {
        isRefused = ms === 0 && !signal.aborted;
        throw error;
      } finally {
        if (!isRefused) spoke({ characters: text.length, ms });
      }
    },
    ...(oneVoice && { oneVoice: () => meteredVoice(oneVoice.call(synthesizer), spoke) }),
  };
}
