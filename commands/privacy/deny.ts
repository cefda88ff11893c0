import type { Command } from '#src/features/contract/command.ts';
import { answered } from './replies.ts';

export const deny: Command = {
  name: 'deny',
  description: 'command.privacy.deny',
  shownTo: 'caller',
  isForEverybody: true,
  options: [],
  async run({ guildId, callerId }, { privacy }) {
    return answered('consent.no', await privacy.deny(guildId, callerId));
  },
};
