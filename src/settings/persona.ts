import { z } from 'zod';
import type { ChannelId } from '#src/base/ids.ts';
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

export const personaLimits = {
  name: 32,
  instructions: 4_000,
  voice: 64,
  language: 35,
} as const;

const personaSchema = z.object({
  name: z.string(),
  instructions: z.string(),
  voice: z.string(),
  /** BCP 47. Absent if the persona answers in the language of the asker. */
  language: z.string(),
});
const storedPersonaSchema = personaSchema.partial();

/** Settings of the server fill absent fields. */
export type Persona = z.output<typeof storedPersonaSchema>;
type PersonaField = keyof typeof personaLimits;

export const personaFields = personaSchema.keyof().options;

/** Parses typed fields, without empty ones. */
export function parsePersona(
  typed: Readonly<Record<string, string | undefined>>,
): { readonly kind: 'ok'; readonly persona: Persona } | PersonaFault {
  const persona: Persona = {};
  for (const field of personaFields) {
    const words = typed[field]?.replace(/\r\n?/g, '\n').trim() ?? '';
    if (words === '') continue;
    if (hasHiddenCharacters(words)) return { kind: 'hidden', field };
    const value = field === 'language' ? parseLanguageTag(words) : words;
    if (value === undefined) return { kind: 'language', field };
    persona[field] = value;
  }
  return { kind: 'ok', persona };
}

type PersonaFault = {
  readonly kind: 'hidden' | 'language';
  readonly field: PersonaField;
};

const personaKeyPrefix = 'bot:';

export function toPersonaKey(channelId: ChannelId): string {
  return `${personaKeyPrefix}${channelId}`;
}

/** Undefined if empty. */
export function formatPersona(persona: Persona): string | undefined {
  const value = JSON.stringify(persona);
  return value === '{}' ? undefined : value;
}

/** Finds the persona of a channel. Empty if none can be read. */
export function findPersona(
  set: ReadonlyMap<string, string>,
  channelId: ChannelId | undefined,
): Persona {
  const value = channelId === undefined ? undefined : set.get(toPersonaKey(channelId));
  const read =
    value === undefined
      ? undefined
      : storedPersonaSchema.safeParse(tryParseJson(value));
  return read?.success ? read.data : {};
}

/** Lists voice channels with a persona that sets `field`. */
export function describeOtherPersonas(
  field: PersonaField,
): (set: ReadonlyMap<string, string>) => readonly TextLine[] {
  return (set) =>
    [...set.keys()].flatMap((key) => {
      if (!key.startsWith(personaKeyPrefix)) return [];
      const id = key.slice(personaKeyPrefix.length);
      const { [field]: own, name = own } = findPersona(set, id);
      if (own === undefined) return [];
      const value = field === 'voice' ? own : (name ?? own);
      const channel = new Mentions(id, '#');
      return [
        { id: 'settings.channel', with: { channel, value, command: '/voice bot' } },
      ];
    });
}
