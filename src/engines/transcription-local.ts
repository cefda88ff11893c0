import type { Engine } from './engine.ts';

export const transcriptionLocal: Engine<'speech to text'> = {
  role: 'speech to text',
  name: 'Whisper',
  about: 'local, good at English, fair at other languages',
  price: 'free',
  async open({ language, model }, models) {
    const { openLocalTranscriber } = await import(
      '#src/speech/local/local-transcriber.ts'
    );
    return await openLocalTranscriber({ models, model, language });
  },
};
