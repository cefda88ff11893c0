import type { Command } from '#src/conversation/command.ts';
import { answered } from './replies.ts';

export const allow: Command = {
  name: 'allow',
  description: 'command.privacy.allow',
  shownTo: 'caller',
  isForEverybody: true,
  options: [
    {
      name: 'for',
      description: 'command.privacy.allow.for',
      kind: 'choice',
      values: ['always', 'today'],
    },
  ],
  async run({ guildId, callerId, words }, { privacy }) {
    const howLong = words.for === 'today' ? 'today' : 'always';
    return answered('privacy.allowed', await privacy.allow(guildId, callerId, howLong));
  },
};
