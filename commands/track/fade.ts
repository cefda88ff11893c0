import { notInChannel } from '#commands/rights.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { Command } from '#src/conversation/command.ts';
import { longestFadeMs, usualFadeMs } from '#src/features/tracks/fade-limits.ts';
import { TrackRequests } from '#src/features/tracks/track-requests.ts';
import { newTrack } from './options.ts';
import { callerOf, repliesOf, trackIn } from './replies.ts';
import { levelIn } from './volume.ts';

const limit = longestFadeMs / 1000;

export const fade: Command = {
  name: 'fade',
  description: 'command.track.volume',
  shownTo: 'room',
  options: [
    {
      name: 'to',
      description: 'command.track.volume.level',
      required: true,
      kind: 'number',
      least: 0,
      most: maxVolumePercent,
    },
    {
      name: 'seconds',
      description: 'command.track.fade.seconds',
      kind: 'number',
      least: 1,
      most: limit,
    },
    newTrack,
  ],
  async run(call, { port, sessions }) {
    const barred = notInChannel(call, sessions);
    if (barred) return [barred];
    const percent = levelIn(call.words.to);
    if (percent === undefined)
      return [{ id: 'number.range', with: { least: 0, most: maxVolumePercent }, to: 'caller' }];
    const overMs = overMsIn(call.words.seconds);
    if (overMs === undefined)
      return [{ id: 'number.range', with: { least: 1, most: limit }, to: 'caller' }];
    const setting = { kind: 'fade', percent, overMs } as const;
    return repliesOf([
      port(TrackRequests).change(call.guildId, callerOf(call), setting, trackIn(call)),
    ]);
  },
};

function overMsIn(word: string | undefined): number | undefined {
  if (word === undefined) return usualFadeMs;
  const seconds = Number(word.trim() || Number.NaN);
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= limit ? seconds * 1000 : undefined;
}
