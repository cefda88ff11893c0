import type { CommandGroup } from '#src/features/command.ts';
import { loop, remove, seek, steering, volume } from './changes.ts';
import { list, queue } from './list.ts';
import { play } from './play.ts';

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
    steering('mute'),
    steering('unmute'),
    loop,
    remove,
    list,
  ],
};
