import type { Command } from '#src/features/contract/command.ts';
import { answered } from './replies.ts';

export const allow: Command = {
  name: 'allow',
  description: 'command.privacy.allow',
  shownTo: 'caller',
  isForEverybody: true,
  options: [],
  async run({ guildId, callerId }, { privacy }) {
    return answered('consent.always', await privacy.allow(guildId, callerId));
  },
};
