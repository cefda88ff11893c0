import type { CommandGroup } from '#src/features/contract/command.ts';
import { bot } from './bot.ts';
import { list } from './list.ts';
import { me } from './me.ts';
import { preview } from './preview.ts';
import { words } from './words.ts';

export const voice: CommandGroup = {
  name: 'voice',
  description: 'command.voice.list',
  help: { topic: 'voice', command: 'voice me', line: () => ({ id: 'help.voice' }) },
  commands: [me, bot, preview, list, words],
};
