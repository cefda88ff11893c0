import type { CommandGroup } from '#src/session/ports/command.ts';
import { list } from './list.ts';
import { pause } from './pause.ts';
import { play } from './play.ts';
import { queue } from './queue.ts';
import { resume } from './resume.ts';
import { skip } from './skip.ts';
import { stop } from './stop.ts';
import { volume } from './volume.ts';

export const track: CommandGroup = {
  name: 'track',
  description: 'command.track',
  commands: [play, queue, pause, resume, skip, stop, volume, list],
};
