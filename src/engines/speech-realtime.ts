import {
  isOpenAi,
  standardModels,
  standardVoice,
} from '#src/provider/models/standard-models.ts';
import type { Engine } from './engine.ts';

/** A Realtime model that reads aloud: the default at OpenAI, where other voices end. */
export const speechRealtime: Engine<'text to speech'> = {
  role: 'text to speech',
  name: 'realtime',
  about: 'over a WebSocket; usual at OpenAI',
  price: 'requests',
  standardModel: standardModels.realtimeSpeech,
  isSocket: true,
  canServe: (baseUrl, model) =>
    baseUrl.startsWith('ws') || (isOpenAi(baseUrl) && !/\btts\b/.test(model)),
  async open({ voice = standardVoice, ...settings }) {
    const { RealtimeSynthesizer } = await import(
      '#src/speech/realtime/realtime-synthesizer.ts'
    );
    return new RealtimeSynthesizer({ ...settings, voice });
  },
};
