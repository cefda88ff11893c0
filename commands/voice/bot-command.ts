import { nowhereReply, toNotManagingReply } from '#commands/command-rights.ts';
import type { Command, CommandCall, CommandPorts } from '#src/features/command.ts';
import type { Form } from '#src/ports/form.ts';
import type { Persona } from '#src/settings/persona.ts';
import { savePersona, toPersonaForm, toPersonaReply } from './persona-form.ts';
import { createVoiceOption } from './voice-option.ts';

const defaultWord = 'default';

export const bot: Command = {
  name: 'bot',
  description: 'command.voice.bot',
  help: {
    topic: 'personas',
    command: 'voice bot',
    for: 'manager',
    buildLine: () => ({ id: 'help.personas' }),
  },
  shownTo: ({ inputs }) => (inputs.voice === undefined ? 'caller' : 'room'),
  options: [
    createVoiceOption('command.say.voice', [defaultWord]),
    {
      name: 'form',
      description: 'command.voice.bot.form',
      kind: 'choice',
      values: ['edit', 'remove'],
    },
  ],
  form: buildPersonaForm,
  async run(call, ports) {
    const { caller, guildId, inputs } = call;
    const denied = inputs.form === undefined ? undefined : toNotManagingReply(call);
    if (denied) return [denied];
    const personas = ports.features.personas;
    const current = await personas.findCurrent(guildId);
    if (!current) return [nowhereReply];
    const { channel, persona } = current;
    if (inputs.form === 'edit') return [{ id: 'late.form' }];
    const saveHere = (changed: Persona) =>
      savePersona(guildId, channel.channelId, changed, ports);
    if (inputs.form === 'remove') return [await saveHere({})];
    if (inputs.voice === undefined)
      return [{ ...toPersonaReply(persona, guildId, ports), to: 'caller' }];
    if (!personas.mayChangeVoice({ ...caller, guildId })) return [{ id: 'perm.dj' }];
    const voice = await findVoice(inputs.voice, ports);
    return [await saveHere({ ...persona, voice })];
  },
};

async function buildPersonaForm(
  call: CommandCall,
  { features }: CommandPorts,
): Promise<Form | undefined> {
  if (call.inputs.form !== 'edit' || toNotManagingReply(call)) return undefined;
  const current = await features.personas.findCurrent(call.guildId);
  return current && toPersonaForm(current.persona, current.channel.channelId);
}

async function findVoice(typed: string, { features }: CommandPorts) {
  if (typed.trim().toLowerCase() === defaultWord) return undefined;
  return (await features.voices.findVoice(typed)) ?? typed;
}
