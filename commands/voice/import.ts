import { notManaging } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';
import { SessionPersonas } from '#src/features/personas/session-personas.ts';
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
    const read = await port(SessionPersonas).readFile(file);
    if (read.kind === 'unreachable') return [{ id: 'persona.bad.gone', to: 'caller' }];
    if (read.kind === 'fault') return [faultReply(read.fault)];
    return [savedReply(read.persona, await port(SessionPersonas).save(guildId, read.persona))];
  },
};
