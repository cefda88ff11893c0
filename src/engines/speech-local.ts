import { embeddedVoices } from '#src/speech/embedded/flite-voices.ts';
import { fixedVoiceNames } from '#src/speech/voice-names.ts';
import type { Engine } from './engine.ts';

/** Flite, in WebAssembly: English. */
export const speechLocal: Engine<'text to speech'> = {
  role: 'text to speech',
  name: 'Flite',
  about: 'local, English',
  price: 'free',
  async open({ voice }) {
    const { openEmbeddedSynthesizer } = await import(
      '#src/speech/embedded/embedded-synthesizer.ts'
    );
    const synthesizer = await openEmbeddedSynthesizer({ voice });
    return { ...synthesizer, voices: fixedVoiceNames(embeddedVoices, true) };
  },
};
