import type { Pcm } from '#src/audio/pcm.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';

/** An engine that gives 400 ms of a text, and 400 ms more once it is let go; `reading` texts are being read. */
export function openHeldEngine() {
  const rest = Promise.withResolvers<void>();
  let reading = 0;
  const samples = Int16Array.from({ length: 9_600 }, (_, n) =>
    Math.round(4_000 * Math.sin(n / 9)),
  );
  const piece: Pcm = { samples, rateHz: 24_000, channels: 1 };
  const synthesizer: Synthesizer = {
    async *synthesize(_text, _voice, signal) {
      const left = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => left.reject(signal.reason));
      reading++;
      try {
        yield piece;
        await Promise.race([rest.promise, left.promise]);
        yield piece;
      } finally {
        reading--;
      }
    },
  };
  return { synthesizer, letGo: () => rest.resolve(), isReading: () => reading };
}
