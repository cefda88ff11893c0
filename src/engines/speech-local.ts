import { localVoices } from '#src/speech/local/local-voices.ts';
import { createFixedVoiceNames } from '#src/speech/voice-names.ts';
import type { Engine } from './engine.ts';

export const speechLocal: Engine<'text to speech'> = {
  role: 'text to speech',
  name: 'Piper',
  about: 'local, English',
  price: 'free',
  async open({ model, voice }, models) {
    const { openLocalSynthesizer } = await import(
      '#src/speech/local/local-synthesizer.ts'
    );
    const synthesizer = await openLocalSynthesizer({ models, model, voice });
    return {
      ...synthesizer,
      voices: createFixedVoiceNames(Object.keys(localVoices), synthesizer.languages),
    };
  },
};
