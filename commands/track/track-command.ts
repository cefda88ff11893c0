import type { CommandGroup } from '#src/features/command.ts';
import { list, queue } from './list.ts';
import { play } from './play.ts';
import { createSteeringCommand, loop, remove, seek, volume } from './track-changes.ts';

export const track: CommandGroup = {
  name: 'track',
  description: 'command.track',
  help: {
    topic: 'tracks',
    command: 'track play',
    buildLine: () => ({ id: 'help.tracks' }),
  },
  commands: [
    play,
    queue,
    createSteeringCommand('pause'),
    createSteeringCommand('resume'),
    createSteeringCommand('skip'),
    createSteeringCommand('stop'),
    volume,
    seek,
    createSteeringCommand('mute'),
    createSteeringCommand('unmute'),
    loop,
    remove,
    list,
  ],
};
