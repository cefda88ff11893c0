import { z } from 'zod';
import { soundFormats } from '#src/audio/encode/sound-encoder.ts';
import { voiceName } from './voice-name.ts';

/** Longest text, in characters: as long as OpenAI's. */
const mostChars = 4_096;

/** Fields of OpenAI's speech requests that are read here; other fields change nothing. */
export const speechRequest = z.looseObject({
  model: z.string().meta({
    description: 'One of SPEECH_MODELS; others, say parley, mean the usual one.',
  }),
  input: z.string().min(1).max(mostChars).meta({ description: 'Text that is spoken.' }),
  voice: voiceName,
  instructions: z
    .string()
    .max(mostChars)
    .nullish()
    .meta({ description: 'Tone, for models that take it.' }),
  response_format: z
    .enum(soundFormats)
    .nullish()
    .meta({ description: 'Left out: mp3. pcm is 24 kHz, 16 bit.' }),
  speed: z.number().min(0.25).max(4).nullish(),
  stream_format: z
    .enum(['audio', 'sse'])
    .nullish()
    .meta({ description: 'sse: events with base64, and the usage at the end.' }),
});
