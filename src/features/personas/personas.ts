import { z } from 'zod';
import type { ToolOutcome } from '#src/conversation/tools/tool-entry.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { type Owned, tool } from '#src/features/contract/tool-definition.ts';
import { personaLimits, readPersona } from '#src/settings/persona.ts';
import { PersonaRequests } from './persona-requests.ts';

type PersonaPorts = {
  readonly personas: PersonaRequests;
};

const field = (most: number) => z.string().max(most).optional();

/** Changes the persona of the bot in its voice channel. */
const persona = tool({
  name: 'persona',
  description:
    'Changes who you are in this voice channel: your name, how you behave, your voice, the language of all answers. An empty text takes one back. Only if they ask for that.',
  schema: z.strictObject({
    name: field(personaLimits.name),
    instructions: field(personaLimits.instructions),
    voice: field(personaLimits.voice),
    language: field(personaLimits.language),
  }),
  right: 'manage',
  effect: 'change',
  async run(changed, { own: { personas }, session }: Owned<PersonaPorts>): Promise<ToolOutcome> {
    const { channelId, guildId } = session.place.channel;
    const read = readPersona({ ...(await personas.at(guildId, channelId)), ...changed });
    if (read.kind !== 'ok') return { facts: { refused: `${read.field} (${read.kind})` } };
    const saving = await personas.save(guildId, channelId, read.persona);
    if (saving.kind === 'unknown-voice') return { facts: { voices: saving.known } };
    return { facts: { changed: Object.keys(changed) } };
  },
});

/** Personas: name, instructions, voice and language of the bot in a voice channel. */
export const personas: Feature<PersonaPorts> = {
  name: 'personas',
  tools: [persona],
  open: () => ({
    shard: ({ parts, sessions }) => ({ ports: { personas: new PersonaRequests(parts, sessions) } }),
  }),
};
