import { z } from 'zod';
import { tellRoom } from '#src/conversation/tools/tool-call-results.ts';
import type { ToolOutcome } from '#src/conversation/tools/tool-entry.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { defineTool } from '#src/features/contract/tool-definition.ts';
import { type Persona, parsePersona, personaLimits } from '#src/settings/persona.ts';
import { truncate } from '#src/texts/plain-text.ts';
import { PersonaRequests } from './persona-requests.ts';

type PersonaPorts = {
  readonly personas: PersonaRequests;
};

function defineTextField(maxChars: number) {
  return z.string().max(maxChars).optional();
}

const maxShownChars = 700;

/** Formats a change of a persona, a field a line, as it is shown before it counts. */
function formatChange(changed: Persona) {
  return Object.entries(changed)
    .map(([field, value]) => `${field}: ${value || '-'}`)
    .join('\n');
}

const personaTool = defineTool({
  name: 'persona',
  description:
    'Changes who you are in this voice channel: your name, how you behave, your voice, the language of all answers. An empty text takes one back. Only if they ask for that.',
  schema: z.strictObject({
    name: defineTextField(personaLimits.name),
    instructions: defineTextField(personaLimits.instructions),
    voice: defineTextField(personaLimits.voice),
    language: defineTextField(personaLimits.language),
  }),
  right: 'manage',
  act: { writes: 'setting', noticedBy: 'everybody', undoneBy: 'manager' },
  ask: (changed) => ({
    id: 'tool.persona.ask',
    with: { text: truncate(formatChange(changed), maxShownChars) },
  }),
  files(changed) {
    const text = formatChange(changed);
    return text.length > maxShownChars ? [{ name: 'persona.txt', text }] : [];
  },
  async run(
    changed,
    { askerId, session },
    { personas }: PersonaPorts,
  ): Promise<ToolOutcome> {
    const { channelId, guildId } = session.voiceChannel.channel;
    const parsed = parsePersona({
      ...(await personas.getPersona(guildId, channelId)),
      ...changed,
    });
    if (parsed.kind !== 'ok')
      return { facts: { refused: `${parsed.field} (${parsed.kind})` } };
    const outcome = await personas.savePersona(guildId, channelId, parsed.persona);
    if (outcome.kind === 'unknown-voice') return { facts: { voices: outcome.known } };
    // Saved by a press or at once, everybody there reads what it is now.
    const by = session.voiceChannel.findPerson(askerId)?.name ?? 'Someone';
    const text = truncate(formatChange(changed), maxShownChars);
    tellRoom({ id: 'persona.changed', with: { by, text } }, session);
    return { facts: { changed: Object.keys(changed) } };
  },
});

/**
 * Name, instructions, voice and language of the bot in a voice channel.
 *
 * @example
 * import { personasFeature } from '#src/features/personas/personas-feature.ts';
 *
 * personasFeature.tools?.map(({ name }) => name); // ['persona']
 */
export const personasFeature: Feature<PersonaPorts> = {
  name: 'personas',
  tools: [personaTool],
  open: () => ({
    openShard: ({ deps, sessions }) => ({
      ports: { personas: new PersonaRequests(deps, sessions) },
    }),
  }),
};
