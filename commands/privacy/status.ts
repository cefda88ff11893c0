import type { Command } from '#src/features/contract/command.ts';
import { status as replies } from './replies.ts';

export const status: Command = {
  name: 'status',
  description: 'command.privacy.status',
  shownTo: 'caller',
  isForEverybody: true,
  options: [],
  run: replies,
};
