import { notInChannel, nowhere } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';

export const resume: Command = {
  name: 'resume',
  description: 'command.privacy.resume',
  shownTo: 'caller',
  options: [],
  async run(call, { sessions }) {
    const barred = notInChannel(call, sessions);
    if (barred) return [barred];
    const resumed = sessions.pauseHearing(call.guildId, false);
    return [resumed ? { id: 'panel.listening', to: 'caller' } : nowhere];
  },
};
