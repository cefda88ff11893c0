import { z } from 'zod';
import type { ProgramPorts } from '#src/features/contract/http-api-ports.ts';
import { fastest, longestToneChars, type SpokenManner, slowest } from '#src/ports/command-ports.ts';
import { unlistedModel } from '#src/web/api/refusal.ts';

const name = z.string().trim().min(1).max(100);

/** Fields by which requests say how a text or an answer is spoken. */
export const mannerFields = {
  voice: name.optional(),
  model: name.optional(),
  tone: z.string().trim().min(1).max(longestToneChars).optional(),
  speed: z.number().min(slowest).max(fastest).optional(),
};

/** Wanted manner of speaking, and the parts of it that the voice here does not take. Errors: `ApiRefusal`. */
export function mannerIn(
  { model, speed, tone, voice }: SpokenManner,
  { features }: Pick<ProgramPorts, 'features'>,
): { readonly manner: SpokenManner; readonly ignored: { readonly ignored?: readonly ['tone'] } } {
  const voices = features.voices;
  const models = voices.models();
  if (model !== undefined && !models.includes(model)) throw unlistedModel('model', model, models);
  const isIgnored = tone !== undefined && !voices.acceptsTone();
  return {
    manner: { voice, model, tone, speed },
    ignored: isIgnored ? { ignored: ['tone'] } : {},
  };
}
