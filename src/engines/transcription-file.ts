import { standardModels } from '#src/provider/models/standard-models.ts';
import type { Engine } from './engine.ts';

export const transcriptionFile: Engine<'speech to text'> = {
  role: 'speech to text',
  name: 'file',
  about: 'uploads in pauses, about 1.5 times the sound; usual',
  price: 'requests',
  standardModel: standardModels.transcription,
  async open(settings) {
    const { openClient } = await import('#src/provider/api-client.ts');
    const { OpenAiTranscriber } = await import(
      '#src/speech/openai/openai-transcriber.ts'
    );
    return new OpenAiTranscriber(openClient(settings), settings);
  },
};
