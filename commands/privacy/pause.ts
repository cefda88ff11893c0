import { inChannel, nowhere } from '#commands/rights.ts';
import type { Command } from '#src/features/contract/command.ts';

export const pause: Command = {
  name: 'pause',
  description: 'command.privacy.pause',
  shownTo: 'caller',
  options: [],
  run: inChannel(async (call, { sessions }) => {
    const paused = sessions.pauseHearing(call.guildId, true);
    if (!paused) return [nowhere];
    return [{ id: 'privacy.paused', to: 'caller', buttons: ['resume'] }];
  }),
};
