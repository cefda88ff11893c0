import type { Command } from '#src/features/contract/command.ts';
import { duration } from '#src/texts/duration.ts';
import { notInChannel, nowhere } from './rights.ts';

export const leave: Command = {
  name: 'leave',
  description: 'command.leave',
  isForEverybody: true,
  isNeverLimited: true,
  shownTo: 'room',
  options: [],
  async run(call, { sessions }) {
    const barred = notInChannel(call, sessions);
    if (barred && !(call.mayManage && sessions.at(call.guildId))) return [barred];
    const leaving = await sessions.leave(call.guildId);
    if (leaving.kind === 'nowhere') return [nowhere];
    const { channel, hasTranscript, stayedMs } = leaving;
    const filled = { channel, duration: duration(stayedMs) };
    if (!hasTranscript) return [{ id: 'leave.ok', with: filled, to: 'room' }];
    const buttons = ['captions.transcript'];
    return [{ id: 'leave.ok', with: filled, to: 'room', buttons }];
  },
};
