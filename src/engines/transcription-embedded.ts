import type { Engine } from './engine.ts';

/** PocketSphinx, in WebAssembly: English in plain words. */
export const transcriptionEmbedded: Engine<'speech to text'> = {
  role: 'speech to text',
  name: 'PocketSphinx',
  about: 'embedded, English, demo quality',
  price: 'free',
  async open({ rules }) {
    const { openEmbeddedTranscriber } = await import(
      '#src/speech/embedded/embedded-transcriber.ts'
    );
    return await openEmbeddedTranscriber({ rules });
  },
};
