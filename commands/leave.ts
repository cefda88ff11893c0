import type { Command } from '#src/session/command.ts';
import { notInRoom } from './rights.ts';

export const leave: Command = {
  name: 'leave',
  description: 'command.leave',
  shownTo: 'room',
  options: [],
  async run(call, { rooms }) {
    const barred = notInRoom(call, rooms);
    if (barred && !(call.mayManage && rooms.at(call.guildId))) return [barred];
    const leaving = await rooms.leave(call.guildId);
    if (leaving.kind === 'nowhere') return [{ id: 'leave.nowhere', to: 'caller' }];
    const duration = spoken(leaving.stayedMs);
    return [{ id: 'leave.ok', with: { channel: leaving.channel, duration }, to: 'room' }];
  },
};

/** `45 s`, `12 min`, `3 h 5 min`. */
function spoken(stayedMs: number): string {
  const minutes = Math.floor(stayedMs / 60_000);
  if (minutes < 1) return `${Math.round(stayedMs / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
