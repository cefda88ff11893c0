import { z } from 'zod';
import { cueLevels } from '#src/playback/reply/cue-track.ts';
import { hasHiddenCharacters } from './hidden-characters.ts';

/** Most characters of each text of a persona. */
export const personaLimits = {
  name: 32,
  instructions: 4_000,
  voice: 64,
  tone: 400,
  brain: 32,
} as const;
/** Most languages that a persona has a voice of its own for. */
export const mostPersonaVoices = 30;

const languageTag = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/;

function words(most: number) {
  return z.string().trim().min(1).max(most);
}

/** On one line. */
function word(most: number) {
  return words(most).regex(/^[^\n]*$/);
}

/** All that a persona may say. Nothing in it names a host, a key, a tool or a right. */
export const personaSchema = z.strictObject({
  name: word(personaLimits.name).describe('Its name, to which it also answers.'),
  instructions: words(personaLimits.instructions).describe('Who it is and how it talks.'),
  voice: word(personaLimits.voice).describe("Name of a voice; absent: the server's.").optional(),
  voices: z
    .record(z.string().regex(languageTag), word(personaLimits.voice))
    .refine((voices) => Object.keys(voices).length <= mostPersonaVoices)
    .describe('Voice by language (BCP 47) in which an answer is spoken.')
    .optional(),
  tone: word(personaLimits.tone).describe('How it sounds, for voices that take it.').optional(),
  language: z
    .string()
    .regex(languageTag)
    .describe('BCP 47 tag that it always answers in; absent: as it is spoken to.')
    .optional(),
  cues: z.enum(cueLevels).describe('Short signals while it thinks.').optional(),
  brain: word(personaLimits.brain)
    .describe("Name of one of the operator's brains; absent: the server's pipeline.")
    .optional(),
});

/** Character of the bot in a server or a channel. */
export type Persona = z.output<typeof personaSchema>;
export type PersonaField = keyof Persona;

/** Why something is no persona; the first that is wrong. */
export type PersonaFault =
  | { readonly kind: 'no-json' | 'no-persona' }
  /** `field` does not exist in a persona. */
  | { readonly kind: 'unknown'; readonly field: string }
  | { readonly kind: 'hidden'; readonly field: PersonaField }
  | { readonly kind: 'choice'; readonly field: 'cues'; readonly allowed: readonly string[] }
  | { readonly kind: 'bad'; readonly field: Exclude<PersonaField, 'cues'> };

export type PersonaResult =
  | { readonly kind: 'ok'; readonly persona: Persona }
  | { readonly kind: 'fault'; readonly fault: PersonaFault };

/** Reads a persona of unknown origin; it holds nothing that is not shown. */
export function readPersona(value: unknown): PersonaResult {
  const read = personaSchema.safeParse(normalized(value));
  if (!read.success) return { kind: 'fault', fault: faultOf(read.error.issues) };
  const field = personaFields.find((one) => textsOf(read.data[one]).some(hasHiddenCharacters));
  if (field === undefined) return { kind: 'ok', persona: read.data };
  return { kind: 'fault', fault: { kind: 'hidden', field } };
}

/** Key by which a persona is found, for any spelling of its name. */
export function personaKeyOf(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}

const personaFields = Object.keys(personaSchema.shape) as readonly PersonaField[];

function textsOf(value: Persona[PersonaField]): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : Object.entries(value).flat();
}

/** Line ends as everywhere else here. */
function normalized(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      typeof one === 'string' ? one.replace(/\r\n?/g, '\n') : one,
    ]),
  );
}

function faultOf([issue]: readonly z.core.$ZodIssue[]): PersonaFault {
  if (issue?.code === 'unrecognized_keys' && issue.path.length === 0)
    return { kind: 'unknown', field: `${issue.keys[0]}` };
  const field = personaFields.find((one) => one === issue?.path[0]);
  if (field === 'cues') return { kind: 'choice', field, allowed: cueLevels };
  return field === undefined ? { kind: 'no-persona' } : { kind: 'bad', field };
}
