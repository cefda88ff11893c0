import { onlyIfManaging } from '#commands/command-rights.ts';
import { toBadValueReply } from '#commands/settings/settings-panel-presses.ts';
import { type ChannelId, type GuildId, toChannelId } from '#src/base/ids.ts';
import type { CommandPorts, FormHandler, Reply } from '#src/features/command.ts';
import { Owned } from '#src/people/owned.ts';
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

/** Builds the form to edit the persona of a channel. */
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

/** Saves the persona of a sent form. */
export const personaForm: FormHandler = {
  name: formName,
  inputs: personaFields,
  run: onlyIfManaging(async (call, ports) => {
    const { about = '', instructions } = call.inputs;
    const parsed = parsePersona(call.inputs);
    const reply: Reply =
      parsed.kind === 'ok'
        ? await savePersona(call.guildId, toChannelId(about), parsed.persona, ports)
        : parsed.kind === 'hidden'
          ? { id: 'persona.bad.hidden', with: { field: parsed.field } }
          : toBadValueReply('language', call.inputs.language, ports.features.settings);
    if (reply.id === 'persona.now' || instructions === undefined) return [reply];
    // Discord keeps nothing of a sent form.
    const file = { name: 'persona.txt', text: `${instructions}\n` };
    const owner = { onlyFor: call.caller.id };
    return [{ ...reply, files: [new Owned(file, owner)] }];
  }),
};

/** Saves a persona, and describes it or the refusal. */
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

/** Describes a persona. `furtherLines` stand below. */
export function toPersonaReply(
  { name, voice }: Persona,
  guildId: GuildId,
  { places }: CommandPorts,
  furtherLines: readonly TextLine[] = [],
): Reply {
  const voiceLines: readonly TextLine[] =
    voice === undefined ? [] : [{ id: 'persona.voice', with: { voice } }];
  const persona = name ?? places.getBotName(guildId);
  return {
    id: 'persona.now',
    with: { persona },
    lines: [...voiceLines, ...furtherLines],
    to: 'room',
  };
}
