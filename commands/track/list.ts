import { commandAboutSounds, nowhereReply } from '#commands/command-rights.ts';
import type { Command } from '#src/features/command.ts';
import { toTrackLine } from '#src/features/tracks/session-tracks.ts';
import { isSameTrack } from '#src/features/tracks/track-names.ts';
import type { ListedTrack } from '#src/features/tracks/track-request-outcomes.ts';
import { isOwnTrack } from '#src/playback/tracks/named-track.ts';
import { formatText, type Locale, type TextLine } from '#src/texts/texts.ts';
import { queueTrack } from './options.ts';
import { getTrackName, toReplies } from './track-replies.ts';

const maxCrossfadeSeconds = 10;
const maxListedSounds = 15;

const nothingPlays: TextLine = { id: 'stop.nothing' };

/** `/track list`: all tracks with their current sounds. */
export const list: Command = commandAboutSounds({
  name: 'list',
  description: 'command.track.list',
  shownTo: 'caller',
  options: [],
  run: async (call, { features }) => {
    const views = features.tracks.listTracks(call.guildId);
    if (!views) return [nowhereReply];
    const isPlaying = views.some(({ current, name }) => current && !isOwnTrack(name));
    const trackLines = views.map((view) => toTrackLine(view, call.caller.locale));
    const [heading = nothingPlays, ...lines] = isPlaying
      ? trackLines
      : [nothingPlays, ...trackLines];
    return [{ ...heading, to: 'caller', lines }];
  },
});

/** `/track queue`: the waiting sounds of a track, or the length of its crossfades. */
export const queue: Command = commandAboutSounds({
  name: 'queue',
  description: 'command.track.queue',
  shownTo: 'caller',
  options: [
    queueTrack,
    {
      name: 'fade',
      description: 'command.track.queue.fade',
      kind: 'number',
      min: 0,
      max: maxCrossfadeSeconds,
    },
  ],
  run: async (call, { features }) => {
    const { fade } = call.inputs;
    if (fade !== undefined) {
      const command = { kind: 'crossfade', ms: Number(fade) * 1000 } as const;
      return toReplies(
        features.tracks.changeTracks(
          call.guildId,
          call.caller,
          command,
          getTrackName(call),
        ),
      );
    }
    const views = features.tracks.listTracks(call.guildId);
    if (!views) return [nowhereReply];
    const trackName = getTrackName(call);
    const view = views.find(({ name }) => isSameTrack(name, trackName));
    if (!view) {
      const names = views.map(({ name }) => name).join(', ');
      return [{ id: 'unknown.of', with: { x: trackName, list: names }, to: 'caller' }];
    }
    if (!view.current && view.waiting.length === 0)
      return [{ ...nothingPlays, to: 'caller' }];
    const lines = toWaitingLines(view, call.caller.locale);
    return [{ ...toTrackLine(view, call.caller.locale), to: 'caller', lines }];
  },
});

function toWaitingLines({ waiting }: ListedTrack, locale: Locale): readonly TextLine[] {
  const lines = waiting
    .slice(0, maxListedSounds)
    .map(({ title, owner }, index): TextLine => {
      const fields = {
        n: index + 1,
        title,
        owner: owner ?? formatText('transcript.somebody', {}, locale),
      };
      return { id: 'track.waiting', with: fields };
    });
  const n = waiting.length - lines.length;
  return n > 0 ? [...lines, { id: 'track.waiting.more', with: { n } }] : lines;
}
