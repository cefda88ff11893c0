import { onlyIfManaging } from '#commands/command-rights.ts';
import { toBadValueReply } from '#commands/settings/settings-panel-presses.ts';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import type { CommandPorts, FormHandler, Reply } from '#src/features/command.ts';
import type { Form } from '#src/ports/form.ts';
import {
  type Persona,
  parsePersona,
  personaFields,
  personaLimits,
} from '#src/settings/persona.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { toUnknownVoiceReply } from './voice-option.ts';

const formName = 'persona';

export function toPersonaForm(persona: Persona, channelId: ChannelId): Form {
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

export const personaForm: FormHandler = {
  name: formName,
  inputs: personaFields,
  run: onlyIfManaging(async (call, ports) => {
    const { about = '', instructions } = call.inputs;
    const read = parsePersona(call.inputs);
    const reply: Reply =
      read.kind === 'ok'
        ? await savePersona(call.guildId, about, read.persona, ports)
        : read.kind === 'hidden'
          ? { id: 'persona.bad.hidden', with: { field: read.field } }
          : toBadValueReply('language', call.inputs.language, ports.features.settings);
    if (reply.id === 'persona.now' || instructions === undefined) return [reply];
    // Discord keeps nothing of a sent form.
    return [{ ...reply, files: [{ name: 'persona.txt', text: `${instructions}\n` }] }];
  }),
};

export async function savePersona(
  guildId: GuildId,
  channelId: ChannelId,
  persona: Persona,
  ports: CommandPorts,
): Promise<Reply> {
  const saving = await ports.features.personas.savePersona(guildId, channelId, persona);
  if (saving.kind === 'unknown-voice')
    return toUnknownVoiceReply(persona.voice ?? '', saving.known);
  return toPersonaReply(
    persona,
    guildId,
    ports,
    saving.saved ? [] : [{ id: 'voice.unsaved' }],
  );
}

export function toPersonaReply(
  { name, voice }: Persona,
  guildId: GuildId,
  { places }: CommandPorts,
  more: readonly TextLine[] = [],
): Reply {
  const voiceLines: readonly TextLine[] =
    voice === undefined ? [] : [{ id: 'persona.voice', with: { voice } }];
  const persona = name ?? places.getBotName(guildId);
  return {
    id: 'persona.now',
    with: { persona },
    lines: [...voiceLines, ...more],
    to: 'room',
  };
}
