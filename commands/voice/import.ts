import { notManaging } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';
import { PersonaRequests } from '#src/features/personas/persona-requests.ts';
import { faultReply, savedReply } from './persona-replies.ts';

export const importPersona: Command = {
  name: 'import',
  description: 'command.voice.import',
  shownTo: 'caller',
  options: [
    { name: 'file', description: 'command.voice.import.file', required: true, kind: 'file' },
  ],
  async run(call, { port }) {
    const denied = notManaging(call);
    if (denied) return [denied];
    const { file, guildId } = call;
    if (!file) return [{ id: 'persona.bad.gone', to: 'caller' }];
    const read = await port(PersonaRequests).readFile(file);
    if (read.kind === 'unreachable') return [{ id: 'persona.bad.gone', to: 'caller' }];
    if (read.kind === 'fault') return [faultReply(read.fault)];
    return [savedReply(read.persona, await port(PersonaRequests).save(guildId, read.persona))];
  },
};
