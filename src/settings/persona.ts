import { parseLanguageTag } from '#src/texts/language-names.ts';

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

/** The bot in one voice channel. Settings of the server fill absent fields. */
export type Persona = {
  readonly name?: string;
  readonly instructions?: string;
  readonly voice?: string;
  /** BCP 47. Absent if the persona answers in the language of the asker. */
  readonly language?: string;
};
export type PersonaField = keyof typeof personaLimits;

export const personaFields: readonly PersonaField[] = [
  'name',
  'instructions',
  'voice',
  'language',
];

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
