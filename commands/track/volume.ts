import { notInChannel } from '#commands/rights.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { Command, CommandCall } from '#src/conversation/command.ts';
import { TrackRequests } from '#src/features/tracks/track-requests.ts';
import { anyTrack } from './options.ts';
import { callerOf, repliesOf, trackIn } from './replies.ts';

export const volume: Command = {
  name: 'volume',
  description: 'command.track.volume',
  shownTo: 'room',
  options: [
    {
      name: 'level',
      description: 'command.track.volume.level',
      required: true,
      kind: 'number',
      least: 0,
      most: maxVolumePercent,
    },
    anyTrack,
  ],
  async run(call, { port, sessions }) {
    const barred = notInChannel(call, sessions);
    if (barred) return [barred];
    const percent = levelIn(call.words.level);
    if (percent === undefined)
      return [{ id: 'number.range', with: { least: 0, most: maxVolumePercent }, to: 'caller' }];
    const setting = { kind: 'volume', percent } as const;
    return repliesOf([
      port(TrackRequests).change(call.guildId, callerOf(call), setting, trackIn(call)),
    ]);
  },
};

/** Discord enforces the bounds for people, but not for every unofficial client. */
export function levelIn(word: CommandCall['words'][string] | undefined): number | undefined {
  const level = Number(word?.trim() || Number.NaN);
  return Number.isInteger(level) && level >= 0 && level <= maxVolumePercent ? level : undefined;
}
