import { ifManaging } from '#commands/rights.ts';
import { badValue } from '#commands/settings/panel-presses.ts';
import type { CommandPorts, FormHandler, Reply } from '#src/features/command.ts';
import type { Form } from '#src/ports/form.ts';
import { type Persona, personaFields, personaLimits, readPersona } from '#src/settings/persona.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { unknownVoice } from './voice-option.ts';

const formName = 'persona';

/** Form of the persona of a voice channel. */
export function formOfPersona(persona: Persona, channelId: ChannelId): Form {
  return {
    name: `${formName}:${channelId}`,
    title: 'form.persona.edit',
    inputs: personaFields.map((field) => ({
      name: field,
      label: `form.persona.${field}`,
      maxChars: personaLimits[field],
      value: persona[field],
      isLong: field === 'instructions',
    })),
  };
}

/** Handler of a persona form that was sent. */
export const personaForm: FormHandler = {
  name: formName,
  inputs: personaFields,
  run: ifManaging(async (call, ports) => {
    const { about = '', instructions } = call.words;
    const read = readPersona(call.words);
    const reply: Reply =
      read.kind === 'ok'
        ? await savePersona(call.guildId, about, read.persona, ports)
        : read.kind === 'hidden'
          ? { id: 'persona.bad.hidden', with: { field: read.field } }
          : badValue('language', call.words.language, ports.features.settings);
    if (reply.id === 'persona.now' || instructions === undefined) return [reply];
    // Discord keeps nothing of a sent form.
    return [{ ...reply, files: [{ name: 'persona.txt', text: `${instructions}\n` }] }];
  }),
};

/** Stores the persona of a voice channel, and the reply about it. */
export async function savePersona(
  guildId: GuildId,
  channelId: ChannelId,
  persona: Persona,
  ports: CommandPorts,
): Promise<Reply> {
  const saving = await ports.features.personas.save(guildId, channelId, persona);
  if (saving.kind === 'unknown-voice') return unknownVoice(persona.voice ?? '', saving.known);
  return personaReply(persona, guildId, ports, saving.saved ? [] : [{ id: 'voice.unsaved' }]);
}

/** Reply to who the bot is. */
export function personaReply(
  { name, voice }: Persona,
  guildId: GuildId,
  { places }: CommandPorts,
  more: readonly TextLine[] = [],
): Reply {
  const voiceLines: readonly TextLine[] =
    voice === undefined ? [] : [{ id: 'persona.voice', with: { voice } }];
  const persona = name ?? places.botName(guildId);
  return { id: 'persona.now', with: { persona }, lines: [...voiceLines, ...more], to: 'room' };
}
