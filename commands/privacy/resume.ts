import { inChannel, nowhere } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';

export const resume: Command = {
  name: 'resume',
  description: 'command.privacy.resume',
  shownTo: 'caller',
  options: [],
  run: inChannel(async (call, { hearing }) => {
    const resumed = hearing.resume(call.guildId) === 'resumed';
    return [resumed ? { id: 'panel.listening', to: 'caller' } : nowhere];
  }),
};
