import type { Command } from '#src/session/ports/command.ts';
import { duration } from '#src/texts/duration.ts';
import { notInRoom } from './rights.ts';

export const leave: Command = {
  name: 'leave',
  description: 'command.leave',
  shownTo: 'room',
  options: [],
  async run(call, { sessions }) {
    const barred = notInRoom(call, sessions);
    if (barred && !(call.mayManage && sessions.at(call.guildId))) return [barred];
    const leaving = await sessions.leave(call.guildId);
    if (leaving.kind === 'nowhere') return [{ id: 'leave.nowhere', to: 'caller' }];
    const { channel, stayedMs } = leaving;
    return [{ id: 'leave.ok', with: { channel, duration: duration(stayedMs) }, to: 'room' }];
  },
};
