import { z } from 'zod';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { createWithoutSetting, type Engine, listWithout } from './engine.ts';

const ownSettings: Readonly<Record<string, z.ZodType>> = {
  TRANSCRIPTION_WITHOUT: createWithoutSetting('prompt,stream'),
  TRANSCRIPTION_PLAIN_TEXT: z
    .enum(['true', 'false'])
    .default('false')
    .describe(
      'true for a server that sends transcripts as bare text; without it such a text is an error (the doctor tells)',
    ),
};

export const transcriptionFile: Engine<'speech to text'> = {
  role: 'speech to text',
  name: 'file',
  about: 'uploads in pauses, about 1.5 times the sound; usual',
  price: 'requests',
  standardModel: standardModels.transcription,
  settings: ownSettings,
  async open(settings) {
    const { openClient } = await import('#src/provider/api-client.ts');
    const { OpenAiTranscriber } = await import(
      '#src/speech/openai/openai-transcriber.ts'
    );
    const without = listWithout(settings.own.TRANSCRIPTION_WITHOUT);
    const takesPlainText = settings.own.TRANSCRIPTION_PLAIN_TEXT === 'true';
    const options = { ...settings, without, takesPlainText };
    return new OpenAiTranscriber(openClient(settings), options);
  },
};
