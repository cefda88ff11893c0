import type { Command } from '#src/session/command.ts';
import { notInRoom } from './rights.ts';

const kinds = ['speech', 'sounds', 'everything'] as const;

export const stop: Command = {
  name: 'stop',
  description: 'command.stop',
  shownTo: 'caller',
  options: [{ name: 'what', description: 'command.stop.what', kind: 'choice', values: kinds }],
  async run(call, { rooms, talk }) {
    const barred = notInRoom(call, rooms);
    if (barred) return [barred];
    const what = kinds.find((kind) => kind === call.words.what) ?? 'speech';
    const stopped = talk.stop(call.guildId, what) === 'stopped';
    return [{ id: stopped ? 'stop.ok' : 'stop.nothing', to: 'caller' }];
  },
};
