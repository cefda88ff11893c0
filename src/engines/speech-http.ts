import { z } from 'zod';
import { speakRateHz } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import {
  isOpenAi,
  standardModels,
  standardVoice,
} from '#src/provider/models/standard-models.ts';
import {
  type DecodeSpeech,
  speechFormats,
} from '#src/speech/openai/speech-sound-reader.ts';
import { createWithoutSetting, type Engine, listWithout } from './engine.ts';

const settings = {
  SPEECH_FORMAT: z
    .enum(speechFormats)
    .default('pcm')
    .describe(
      "Requested format of speech: pcm (SPEECH_RATE_HZ, or the rate of the server's label), wav, mp3, opus or flac",
    ),
  SPEECH_RATE_HZ: z
    .enum(['8000', '11025', '16000', '22050', '24000', '32000', '44100', '48000'])
    .default('24000')
    .describe('Rate of pcm from a server that does not label it, for example 22050'),
  SPEECH_WITHOUT: createWithoutSetting('instructions,stream'),
};

/** Any server with OpenAI's `/audio/speech`. */
export const speechHttp: Engine<'text to speech'> = {
  role: 'text to speech',
  name: 'speech',
  about: '/audio/speech; usual elsewhere',
  price: 'requests',
  standardModel: standardModels.speech,
  settings,
  // OpenAI's last models that only speak end on 2027-01-06, and none of them is taken unless a setting names it.
  findObjection: (baseUrl, model) =>
    isOpenAi(baseUrl) && !model
      ? 'SPEECH_MODEL: missing; name one for SPEECH_BACKEND=speech at OpenAI, or leave both empty'
      : undefined,
  async open({ own: ownSettings, voice, ...server }) {
    const { openClient } = await import('#src/provider/api-client.ts');
    const { FoundVoice, OpenAiSynthesizer, ServerVoices } = await import(
      '#src/speech/openai/openai-synthesizer.ts'
    );
    const { withStandardVoice } = await import(
      '#src/speech/fallbacks/speech-chains.ts'
    );
    const {
      SPEECH_FORMAT: format,
      SPEECH_RATE_HZ,
      SPEECH_WITHOUT,
    } = z.object(settings).parse(ownSettings);
    const client = openClient(server);
    const voices = new ServerVoices(client, realClock);
    // OpenAI takes this voice.
    const namedVoice = voice ?? (isOpenAi(server.baseUrl) ? standardVoice : undefined);
    const found = namedVoice ? undefined : new FoundVoice(voices, server.report);
    void found?.find();
    const stack = new AsyncDisposableStack();
    const decode = openSpeechDecoder(stack);
    const synthesizer = new OpenAiSynthesizer(client, {
      ...server,
      voice: () => found?.find() ?? namedVoice ?? standardVoice,
      format,
      rateHz: Number(SPEECH_RATE_HZ),
      decode,
      without: listWithout(SPEECH_WITHOUT),
    });
    return {
      ...withStandardVoice(found?.wrap(synthesizer) ?? synthesizer, voices),
      voices,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  },
};

/** Opens a decoder for packed speech, which closes with `stack`. Its process starts at need. */
export function openSpeechDecoder(stack: AsyncDisposableStack): DecodeSpeech {
  let opening: ReturnType<typeof openDecoding> | undefined;
  return async function* decode(bytes, signal) {
    opening ??= openDecoding(stack);
    yield* (await opening).decodeSound(
      bytes,
      { rateHz: speakRateHz, channels: 1 },
      signal,
    );
  };
}

async function openDecoding(stack: AsyncDisposableStack) {
  const { Decoding } = await import('#src/sources/decode/decoding.ts');
  return stack.use(new Decoding({ clock: realClock }));
}
