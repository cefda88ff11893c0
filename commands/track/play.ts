import { closest } from '#commands/closest-names.ts';
import { commandInChannel } from '#commands/rights.ts';
import { longestWithWaitMs, replyAtEnd, waitOption } from '#commands/wait-option.ts';
import type { CommandOption } from '#src/features/command.ts';
import { newTrack, volumeOption } from './options.ts';
import { callerOf, repliesOf, trackIn } from './replies.ts';

/** Longest link, in characters; links to attachments have about 300. */
const mostChars = 1_000;

const options: readonly CommandOption[] = [
  {
    name: 'sound',
    description: 'track.which',
    kind: 'text',
    maxChars: mostChars,
    suggest: async (typed, _call, { features }) => closest(typed, await features.tracks.sounds()),
  },
  { name: 'file', description: 'track.which', kind: 'sound' },
  newTrack,
  { ...volumeOption, name: 'volume' },
  { name: 'loop', description: 'command.track.loop', kind: 'truth' },
  { name: 'next', description: 'command.track.play', kind: 'truth' },
  waitOption,
];

export const play = commandInChannel({
  name: 'play',
  description: 'command.track.play',
  shownTo: 'room',
  longestMs: longestWithWaitMs,
  options,
  run: async (call, { clock, features }) => {
    const { words } = call;
    const wait = words.wait === 'true';
    const sound = call.sound ?? words.sound?.trim();
    if (!sound) return [{ id: 'track.which', to: 'caller' }];
    const outcomes = await features.tracks.play(call.guildId, callerOf(call), {
      sound,
      track: trackIn(call),
      percent: words.volume === undefined ? undefined : Number(words.volume),
      loop: words.loop === 'true',
      next: words.next === 'true',
      wait,
    });
    const [playing] = outcomes;
    const [reply] = repliesOf(outcomes);
    if (!wait || !('ended' in playing)) return [reply];
    return [{ ...reply, ...(await replyAtEnd(playing.title, playing.ended, clock)) }];
  },
});
