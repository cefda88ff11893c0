import type { Command } from '#src/features/command.ts';
import { mayKnowChannel } from '#src/ports/join-room-line.ts';
import { formatDuration } from '#src/texts/duration.ts';
import { findChannelObjection, nowhereReply } from './command-rights.ts';

export const leave: Command = {
  name: 'leave',
  description: 'command.leave',
  isForEverybody: true,
  isNeverLimited: true,
  shownTo: 'room',
  options: [],
  async run(call, ports) {
    const { places, sessions } = ports;
    const { caller, guildId } = call;
    const left = sessions.at(guildId);
    const barred = findChannelObjection(call, ports);
    if (barred && !(caller.mayManage && left)) return [barred];
    const leaving = await sessions.leave(guildId);
    if (leaving.kind === 'nowhere' || !left) return [nowhereReply];
    if (!mayKnowChannel(left, caller.id, places)) return [{ id: 'confirm.done' }];
    const { channel, hasTranscript, stayedMs } = leaving;
    const filled = { channel, duration: formatDuration(stayedMs) };
    // The name is told to all readers only in the chat of the channel.
    const to = call.placeId === left.channelId ? 'room' : 'caller';
    const buttons = hasTranscript ? ['captions.transcript'] : undefined;
    return [{ id: 'leave.ok', with: filled, to, buttons }];
  },
};
