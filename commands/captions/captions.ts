import type { CommandGroup } from '#src/features/contract/command.ts';
import { find } from './find.ts';
import { off } from './off.ts';
import { on } from './on.ts';
import { recap } from './recap.ts';
import { transcript } from './transcript.ts';

export const captions: CommandGroup = {
  name: 'captions',
  description: 'command.captions.on',
  help: {
    topic: 'captions',
    command: 'captions on',
    line: () => ({ id: 'help.captions' }),
  },
  commands: [on, off, transcript, find, recap],
};
