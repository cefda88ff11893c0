import type { Pcm } from '#src/audio/pcm.ts';
import type { Synthesizer } from '#src/speech/ports.ts';

/** A Synthesizer that also remembers what it made, so that it can be held against what arrived. */
export type TappedSynthesizer = Synthesizer & {
  /** How many texts it was given to speak so far. */
  readonly asked: number;
  /** Everything synthesised since the last call, in order of the requests. */
  takeSpoken(): readonly Pcm[];
};

/** Keeps at most ten minutes of pieces; older ones are dropped. */
export function tapSynthesizer(inner: Synthesizer): TappedSynthesizer {
  const limitMs = 600_000;
  let requests: Pcm[][] = [];
  let keptMs = 0;
  let asked = 0;
  return {
    get asked() {
      return asked;
    },
    async *synthesize(text, voice, signal) {
      asked++;
      const made: Pcm[] = [];
      requests.push(made);
      for await (const pcm of inner.synthesize(text, voice, signal)) {
        made.push(pcm);
        keptMs += (pcm.samples.length / pcm.rateHz) * 1000;
        while (keptMs > limitMs && requests.length > 1) keptMs -= lengthMs(requests.shift() ?? []);
        yield pcm;
      }
    },
    takeSpoken() {
      const taken = requests.flat();
      requests = [];
      keptMs = 0;
      return taken;
    },
  };
}

function lengthMs(pieces: readonly Pcm[]): number {
  return pieces.reduce((sum, { samples, rateHz }) => sum + (samples.length / rateHz) * 1000, 0);
}
