import { inChannel, nowhere } from '#commands/rights.ts';
import type { Command } from '#src/features/contract/command.ts';

export const resume: Command = {
  name: 'resume',
  description: 'command.privacy.resume',
  shownTo: 'caller',
  options: [],
  run: inChannel(async (call, { sessions }) => {
    const resumed = sessions.pauseHearing(call.guildId, false);
    return [resumed ? { id: 'panel.listening', to: 'caller' } : nowhere];
  }),
};
