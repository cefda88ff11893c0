import { resample } from '#src/audio/resample.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { joined } from '#test/audio/speech.ts';

/** The embedded voices, 16 kHz mono. */
export interface ScenarioVoices extends AsyncDisposable {
  speak(line: { readonly voice: string; readonly say: string }): Promise<Int16Array>;
}

export async function openVoices(): Promise<ScenarioVoices> {
  const flite = await openEmbeddedSynthesizer();
  return {
    async speak({ voice, say }) {
      const sounds: Int16Array[] = [];
      const signal = AbortSignal.timeout(20_000);
      for await (const pcm of flite.synthesize(say, { name: voice }, signal)) {
        sounds.push(resample(pcm, 16_000).samples);
      }
      return joined(sounds);
    },
    [Symbol.asyncDispose]: () => flite[Symbol.asyncDispose](),
  };
}
