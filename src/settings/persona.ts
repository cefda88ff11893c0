import { z } from 'zod';
import { parsedJson } from '#src/base/json.ts';
import { languageTag } from '#src/texts/language-names.ts';
import { Mentions } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Controls, directions of writing, tags, private and unassigned characters; joiners aside, which many scripts and emoji need. */
const unseen = /[^\P{C}\n\t\u200C\u200D]/u;
/** Letters without a shape, and selectors of shapes that no text needs. */
const shapeless = /\u115F|\u1160|\u2800|\u3164|\uFFA0|[\u{FE00}-\u{FE0E}]|[\u{E0100}-\u{E01EF}]/u;
/** Several joiners in a row join nothing. */
const idle = /(?:\u200C|\u200D){2}|\uFE0F{2}/u;

/** Whether a text holds characters that a model reads and a person does not see. */
export function hasHiddenCharacters(text: string): boolean {
  return unseen.test(text) || shapeless.test(text) || idle.test(text);
}

/** Most characters of each field of a persona. */
export const personaLimits = { name: 32, instructions: 4_000, voice: 64, language: 35 } as const;

const schema = z.object({
  name: z.string(),
  instructions: z.string(),
  voice: z.string(),
  /** BCP 47 tag in which it always answers; absent: as it is spoken to. */
  language: z.string(),
});
const stored = schema.partial();

/** Character of the bot in one voice channel; the settings of the server hold for what is absent. */
export type Persona = z.output<typeof stored>;
type PersonaField = keyof typeof personaLimits;

export const personaFields = schema.keyof().options;

/** A persona by what a person typed: an empty field is absent. */
export function readPersona(
  typed: Readonly<Record<string, string | undefined>>,
): { readonly kind: 'ok'; readonly persona: Persona } | PersonaFault {
  const persona: Persona = {};
  for (const field of personaFields) {
    const words = typed[field]?.replace(/\r\n?/g, '\n').trim() ?? '';
    if (words === '') continue;
    if (hasHiddenCharacters(words)) return { kind: 'hidden', field };
    const value = field === 'language' ? languageTag(words) : words;
    if (value === undefined) return { kind: 'language', field };
    persona[field] = value;
  }
  return { kind: 'ok', persona };
}

type PersonaFault = { readonly kind: 'hidden' | 'language'; readonly field: PersonaField };

const prefix = 'bot:';

/** Key under which the settings of a server hold the persona of a voice channel. */
export function personaKey(channelId: ChannelId): string {
  return `${prefix}${channelId}`;
}

/** Value under that key; undefined for an empty persona. */
export function storedPersona(persona: Persona): string | undefined {
  const value = JSON.stringify(persona);
  return value === '{}' ? undefined : value;
}

/** Persona of a voice channel; empty where none can be read. */
export function personaIn(
  set: ReadonlyMap<string, string>,
  channelId: ChannelId | undefined,
): Persona {
  const value = channelId === undefined ? undefined : set.get(personaKey(channelId));
  const read = value === undefined ? undefined : stored.safeParse(parsedJson(value));
  return read?.success ? read.data : {};
}

/** Lines about voice channels whose persona has its own `field`. */
export function personasElsewhere(
  field: PersonaField,
): (set: ReadonlyMap<string, string>) => readonly TextLine[] {
  return (set) =>
    [...set.keys()].flatMap((key): readonly TextLine[] => {
      if (!key.startsWith(prefix)) return [];
      const id = key.slice(prefix.length);
      const { [field]: own, name = own } = personaIn(set, id);
      if (own === undefined) return [];
      const value = field === 'voice' ? own : (name ?? own);
      const channel = new Mentions(id, '#');
      return [{ id: 'settings.channel', with: { channel, value, command: '/voice bot' } }];
    });
}
