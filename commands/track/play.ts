import { findClosestNames } from '#commands/closest-names.ts';
import { commandAboutSounds } from '#commands/command-rights.ts';
import { maxWaitMs, waitForEndReply, waitOption } from '#commands/wait-option.ts';
import type { Command, CommandOption } from '#src/features/command.ts';
import { newTrack, volumeOption } from './options.ts';
import { getTrackName, toReplies } from './track-replies.ts';

/** Links to attachments have about 300 characters. */
const maxSoundChars = 1_000;

const options: readonly CommandOption[] = [
  {
    name: 'sound',
    description: 'command.track.play.sound',
    kind: 'text',
    maxChars: maxSoundChars,
    suggest: async (typed, { guildId }, { features }) =>
      findClosestNames(typed, await features.tracks.listSounds(guildId)),
  },
  { name: 'file', description: 'command.track.play.file', kind: 'sound' },
  newTrack,
  { ...volumeOption, name: 'volume', description: 'command.track.play.volume' },
  { name: 'loop', description: 'command.track.play.loop', kind: 'boolean' },
  { name: 'next', description: 'command.track.play.next', kind: 'boolean' },
  waitOption,
];

/** `/track play`: plays a sound of this machine, a link or an attachment. */
export const play: Command = commandAboutSounds({
  name: 'play',
  description: 'command.track.play',
  shownTo: 'room',
  longestMs: maxWaitMs,
  options,
  run: async (call, { clock, features }) => {
    const { inputs } = call;
    const wait = inputs.wait === 'true';
    const sound = call.sound ?? inputs.sound?.trim();
    if (!sound) return [{ id: 'track.which', to: 'caller' }];
    const outcomes = await features.tracks.playSound(call.guildId, call.caller, {
      sound,
      track: getTrackName(call),
      percent: inputs.volume === undefined ? undefined : Number(inputs.volume),
      loop: inputs.loop === 'true',
      next: inputs.next === 'true',
      wait,
    });
    const [playing] = outcomes;
    const [reply] = toReplies(outcomes);
    if (!wait || !('ended' in playing)) return [reply];
    return [
      { ...reply, ...(await waitForEndReply(playing.title, playing.ended, clock)) },
    ];
  },
});
