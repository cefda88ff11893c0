import { standardModels } from '#src/provider/models/standard-models.ts';
import type { Engine } from './engine.ts';

export const transcriptionRealtime: Engine<'speech to text'> = {
  role: 'speech to text',
  name: 'realtime',
  about: 'a WebSocket while people speak',
  price: 'stream',
  standardModel: standardModels.liveTranscription,
  isSocket: true,
  async open(settings) {
    const { RealtimeTranscriber } = await import(
      '#src/speech/realtime/realtime-transcriber.ts'
    );
    return new RealtimeTranscriber(settings);
  },
};
