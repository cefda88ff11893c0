import { z } from 'zod';
import { parsedJson } from '#src/base/json.ts';
import { Mentions } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { type Persona, personaKeyOf, readPersona } from './persona.ts';

const personaPrefix = 'persona:';
const channelPrefix = 'bot:';

/** Key under which the settings of a server hold a persona. */
export function storedPersonaKey(name: string): string {
  return `${personaPrefix}${personaKeyOf(name)}`;
}

/** Key under which the settings of a server hold who the bot is there or in one voice channel. */
export function botChoiceKey(channelId: string | undefined): string {
  return channelId === undefined ? 'bot' : `bot:${channelId}`;
}

/** Persona and voice that a person chose for the bot in one place. */
export type BotChoice = {
  /** Key of a persona; null: none, also where the server has chosen one. Absent: there is no choice. */
  readonly persona?: string | null | undefined;
  /** In place of the voice of the persona. */
  readonly voice?: string | undefined;
};

const stored = z.object({
  persona: z.string().nullable().optional(),
  voice: z.string().optional(),
});

/** Who the bot is in a channel now. */
export type ChannelIdentity = { readonly persona?: Persona; readonly voice?: string };

/** The persona of the channel, else of the server; a voice that was chosen with or after it. */
export function identityIn(
  set: ReadonlyMap<string, string>,
  channelId: string | undefined,
): ChannelIdentity {
  const [server, channel] = [
    choiceIn(set, undefined),
    channelId === undefined ? {} : choiceIn(set, channelId),
  ];
  const isOwn = channel.persona !== undefined;
  const key = isOwn ? channel.persona : server.persona;
  const voice = channel.voice ?? (isOwn ? undefined : server.voice);
  const persona = typeof key === 'string' ? personaIn(set, key) : undefined;
  return { ...(persona && { persona }), ...(voice !== undefined && { voice }) };
}

/** Choice for this very place; empty where it cannot be read. */
export function choiceIn(
  set: ReadonlyMap<string, string>,
  channelId: string | undefined,
): BotChoice {
  const value = set.get(botChoiceKey(channelId));
  if (value === undefined) return {};
  const read = stored.safeParse(parsedJson(value));
  return read.success ? read.data : {};
}

/** Places where this persona was chosen: voice channels, and undefined for the server. */
export function placesOf(
  set: ReadonlyMap<string, string>,
  name: string,
): readonly (string | undefined)[] {
  return chosenPlaces(set).filter((place) => choiceIn(set, place).persona === personaKeyOf(name));
}

/** Places with a choice: voice channels, and undefined for the server. */
function chosenPlaces(set: ReadonlyMap<string, string>): readonly (string | undefined)[] {
  return [...set.keys()].flatMap((key): readonly (string | undefined)[] => {
    if (key === botChoiceKey(undefined)) return [undefined];
    return key.startsWith(channelPrefix) ? [key.slice(channelPrefix.length)] : [];
  });
}

/** Lines about places where a persona stands in place of the instructions, names and voice of the server. */
export function personasElsewhere(set: ReadonlyMap<string, string>): readonly TextLine[] {
  return chosenPlaces(set).flatMap((place) => {
    const { persona } = choiceIn(set, place);
    if (typeof persona !== 'string') return [];
    return [lineAbout(place, personaIn(set, persona)?.name ?? persona)];
  });
}

/** Lines about places where another voice or a persona was chosen. */
export function voicesElsewhere(set: ReadonlyMap<string, string>): readonly TextLine[] {
  return chosenPlaces(set).flatMap((place) => {
    const { persona, voice } = choiceIn(set, place);
    const name = typeof persona === 'string' ? personaIn(set, persona)?.name : undefined;
    const value = voice ?? name;
    return value === undefined ? [] : [lineAbout(place, value)];
  });
}

function lineAbout(place: string | undefined, value: string): TextLine {
  const command = '/voice bot';
  if (place === undefined) return { id: 'settings.everywhere', with: { value, command } };
  const channel = new Mentions(place, '#');
  return { id: 'settings.channel', with: { channel, value, command } };
}

/** Stored form of a choice; undefined: no choice. */
export function storedChoice({ persona, voice }: BotChoice): string | undefined {
  return persona === undefined && voice === undefined
    ? undefined
    : JSON.stringify({ persona, voice });
}

/** A stored persona by its name; undefined where there is none that can be read. */
export function personaIn(set: ReadonlyMap<string, string>, name: string): Persona | undefined {
  const value = set.get(storedPersonaKey(name));
  const read = value === undefined ? undefined : readPersona(parsedJson(value));
  return read?.kind === 'ok' ? read.persona : undefined;
}

/** All personas of a server that can be read, by name. */
export function personasIn(set: ReadonlyMap<string, string>): readonly Persona[] {
  return [...set.keys()]
    .filter((key) => key.startsWith(personaPrefix))
    .map((key) => personaIn(set, key.slice(personaPrefix.length)))
    .filter((persona) => persona !== undefined)
    .toSorted((one, other) => one.name.localeCompare(other.name));
}
