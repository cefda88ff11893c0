import type { CommandGroup } from '#src/conversation/command.ts';
import { fade } from './fade.ts';
import { list } from './list.ts';
import { loop } from './loop.ts';
import { play } from './play.ts';
import { queue } from './queue.ts';
import { remove } from './remove.ts';
import { seek } from './seek.ts';
import { steering } from './steering.ts';
import { volume } from './volume.ts';

export const track: CommandGroup = {
  name: 'track',
  description: 'command.track.list',
  help: { topic: 'tracks', command: 'track play', line: () => ({ id: 'help.tracks' }) },
  commands: [
    play,
    queue,
    steering('pause'),
    steering('resume'),
    steering('skip'),
    steering('stop'),
    volume,
    seek,
    fade,
    steering('mute'),
    steering('unmute'),
    loop,
    remove,
    list,
  ],
};
