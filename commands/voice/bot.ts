import { notManaging, nowhere } from '#commands/rights.ts';
import type { Command, CommandCall, CommandPorts } from '#src/features/command.ts';
import type { Form } from '#src/ports/form.ts';
import type { Persona } from '#src/settings/persona.ts';
import { formOfPersona, personaReply, savePersona } from './persona-form.ts';
import { voiceOption } from './voice-option.ts';

/** Value that restores the voice of the server. */
const standard = 'default';

export const bot: Command = {
  name: 'bot',
  description: 'command.voice.bot',
  help: {
    topic: 'personas',
    command: 'voice bot',
    for: 'manager',
    line: () => ({ id: 'help.personas' }),
  },
  shownTo: ({ words }) => (words.voice === undefined ? 'caller' : 'room'),
  options: [
    voiceOption('command.say.voice', [standard]),
    {
      name: 'form',
      description: 'command.voice.bot.form',
      kind: 'choice',
      values: ['edit', 'remove'],
    },
  ],
  form: formFor,
  async run(call, ports) {
    const { callerId: id, guildId, mayManage, words } = call;
    const denied = words.form === undefined ? undefined : notManaging(call);
    if (denied) return [denied];
    const personas = ports.features.personas;
    const here = await personas.here(guildId);
    if (!here) return [nowhere];
    const { channel, persona } = here;
    if (words.form === 'edit') return [{ id: 'late.form' }];
    const save = (changed: Persona) => savePersona(guildId, channel.channelId, changed, ports);
    if (words.form === 'remove') return [await save({})];
    if (words.voice === undefined)
      return [{ ...personaReply(persona, guildId, ports), to: 'caller' }];
    if (!personas.mayChoose({ guildId, id, mayManage })) return [{ id: 'perm.dj' }];
    const voice = await voiceOf(words.voice, ports);
    return [await save({ ...persona, voice })];
  },
};

/** The requested form; undefined where there is none. */
async function formFor(call: CommandCall, { features }: CommandPorts): Promise<Form | undefined> {
  if (call.words.form !== 'edit' || notManaging(call)) return undefined;
  const here = await features.personas.here(call.guildId);
  return here && formOfPersona(here.persona, here.channel.channelId);
}

async function voiceOf(typed: string, { features }: CommandPorts): Promise<string | undefined> {
  if (typed.trim().toLowerCase() === standard) return undefined;
  return (await features.voices.named(typed)) ?? typed;
}
