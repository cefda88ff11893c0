import { z } from 'zod';
import { type SoundFormat, soundFormats } from '#src/audio/encode/sound-encoder.ts';
import { refusal } from '#src/web/api/refusal.ts';

/** Longest text, in characters: as long as OpenAI's. */
const mostChars = 4_096;

/** Fields of OpenAI's speech requests that are read here; other fields change nothing. */
export const speechRequest = z.looseObject({
  model: z.string().meta({
    description: 'One of SPEECH_MODELS; others, say parley, mean the usual one.',
  }),
  input: z.string().min(1).max(mostChars).meta({ description: 'Text that is spoken.' }),
  voice: z
    .union([z.string().max(100), z.looseObject({ id: z.string().max(100) })])
    .nullish()
    .meta({ description: "Name of a voice; default, or none: the server's." }),
  instructions: z
    .string()
    .max(mostChars)
    .nullish()
    .meta({ description: 'Tone, for models that take it.' }),
  response_format: z
    .string()
    .nullish()
    .meta({ description: `${soundFormats.join(', ')}; left out: mp3. pcm is 24 kHz, 16 bit.` }),
  speed: z.number().min(0.25).max(4).nullish(),
  stream_format: z
    .enum(['audio', 'sse'])
    .nullish()
    .meta({ description: 'sse: events with base64, and the usage at the end.' }),
});

/** Errors: `ApiRefusal` where it is none that is made here. */
export function formatOf(format: string): SoundFormat {
  const found = soundFormats.find((one) => one === format);
  if (found) return found;
  const message = `Speech comes as ${soundFormats.join(', ')}, not ${format.slice(0, 20)}.`;
  throw refusal(400, 'unsupported_value', message, 'response_format');
}
