import { z } from 'zod';
import { soundFormats } from '#src/audio/encode/sound-encoder.ts';
import { voiceName } from './voice-name.ts';

/** Longest text, in characters: as long as OpenAI's. */
const mostChars = 4_096;

/** Fields of OpenAI's speech requests that are read here; other fields change nothing. */
export const speechRequest = z.looseObject({
  model: z.string(),
  input: z.string().min(1).max(mostChars),
  voice: voiceName,
  instructions: z.string().max(mostChars).nullish(),
  response_format: z.enum(soundFormats).nullish(),
  speed: z.number().min(0.25).max(4).nullish(),
  stream_format: z.enum(['audio', 'sse']).nullish(),
});
