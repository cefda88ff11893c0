import { z } from 'zod';
import { type ChannelId, toChannelId } from '#src/base/ids.ts';
import { tryParseJson } from '#src/base/json.ts';
import { parseLanguageTag } from '#src/texts/language-names.ts';
import { Mentions } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Controls, directions, tags and unassigned characters. Joiners stay, since scripts and emoji need them. */
const invisibleCharacters = /[^\P{C}\n\t\u200C\u200D]/u;
/** Letters without a shape, and variation selectors without use. */
const shapelessCharacters =
  /\u115F|\u1160|\u2800|\u3164|\uFFA0|[\u{FE00}-\u{FE0E}]|[\u{E0100}-\u{E01EF}]/u;
/** Several joiners in a row join nothing. */
const idleCharacters = /(?:\u200C|\u200D){2}|\uFE0F{2}/u;

/** Tests for characters that a model reads and a person does not see. */
export function hasHiddenCharacters(text: string): boolean {
  return (
    invisibleCharacters.test(text) ||
    shapelessCharacters.test(text) ||
    idleCharacters.test(text)
  );
}

/** Most characters of each field. */
export const personaLimits = {
  name: 32,
  instructions: 4_000,
  voice: 64,
  language: 35,
} as const;

/** Settings of the server fill absent fields. */
export type Persona = {
  readonly name?: string;
  readonly instructions?: string;
  readonly voice?: string;
  /** BCP 47. Absent if the persona answers in the language of the asker. */
  readonly language?: string;
};
type PersonaField = keyof typeof personaLimits;

const personaSchema = z.object({
  name: z.string(),
  instructions: z.string(),
  voice: z.string(),
  language: z.string(),
});
const storedPersonaSchema: z.ZodType<Persona> = personaSchema.partial();

export const personaFields: readonly PersonaField[] = personaSchema.keyof().options;

/** Parses typed fields, without empty ones. */
export function parsePersona(
  typed: Readonly<Record<string, string | undefined>>,
): ParsedPersona {
  const persona: { -readonly [Field in keyof Persona]: Persona[Field] } = {};
  for (const field of personaFields) {
    const text = typed[field]?.replace(/\r\n?/g, '\n').trim() ?? '';
    if (text === '') continue;
    if (hasHiddenCharacters(text)) return { kind: 'hidden', field };
    const value = field === 'language' ? parseLanguageTag(text) : text;
    if (value === undefined) return { kind: 'language', field };
    persona[field] = value;
  }
  return { kind: 'ok', persona };
}

export type ParsedPersona =
  | { readonly kind: 'ok'; readonly persona: Persona }
  /** A field has hidden characters, or no language that is known. */
  | { readonly kind: 'hidden' | 'language'; readonly field: PersonaField };

const personaKeyPrefix = 'bot:';

/** Returns the key of the setting that holds the persona of a channel. */
export function toPersonaKey(channelId: ChannelId): string {
  return `${personaKeyPrefix}${channelId}`;
}

/** Tests for a key of `toPersonaKey`. */
export function isPersonaKey(key: string): boolean {
  return key.startsWith(personaKeyPrefix);
}

/** Formats a persona for the store. Undefined if it is empty. */
export function formatPersona(persona: Persona): string | undefined {
  const value = JSON.stringify(persona);
  return value === '{}' ? undefined : value;
}

/** Finds the persona of a channel. Empty if none can be read. */
export function findPersona(
  storedValues: ReadonlyMap<string, string>,
  channelId: ChannelId | undefined,
): Persona {
  const value =
    channelId === undefined ? undefined : storedValues.get(toPersonaKey(channelId));
  const read =
    value === undefined
      ? undefined
      : storedPersonaSchema.safeParse(tryParseJson(value));
  return read?.success ? read.data : {};
}

/** Returns a function that lists voice channels whose persona sets `field`. */
export function describeOtherPersonas(
  field: PersonaField,
): (storedValues: ReadonlyMap<string, string>) => readonly TextLine[] {
  return (storedValues) =>
    [...storedValues.keys()].flatMap((key) => {
      if (!isPersonaKey(key)) return [];
      const id = toChannelId(key.slice(personaKeyPrefix.length)); // as `toPersonaKey` wrote it
      const { [field]: fieldText, name = fieldText } = findPersona(storedValues, id);
      if (fieldText === undefined) return [];
      const value = field === 'voice' ? fieldText : (name ?? fieldText);
      const channel = new Mentions(id, '#');
      return [
        { id: 'settings.channel', with: { channel, value, command: '/voice bot' } },
      ];
    });
}
