import { commandInChannel, nowhere } from '#commands/rights.ts';
import { isSameTrack } from '#src/features/tracks/track-names.ts';
import type { ListedTrack } from '#src/features/tracks/track-outcomes.ts';
import { trackLine } from '#src/features/tracks/track-panel.ts';
import { isOwnTrack } from '#src/playback/tracks/track-name.ts';
import { type Locale, type TextLine, text } from '#src/texts/texts.ts';
import { queueTrack } from './options.ts';
import { callerOf, repliesOf, trackIn } from './replies.ts';

/** Longest crossfade, in s. */
const longestCrossfade = 10;
/** Most waiting items listed; the rest is counted. */
const shown = 15;

const nothing: TextLine = { id: 'stop.nothing' };

export const list = commandInChannel({
  name: 'list',
  description: 'command.track.list',
  shownTo: 'caller',
  options: [],
  run: async (call, { features }) => {
    const views = features.tracks.list(call.guildId);
    if (!views) return [nowhere];
    const isPlaying = views.some(({ current, name }) => current && !isOwnTrack(name));
    const all = views.map((view) => trackLine(view, call.callerLocale));
    const [first = nothing, ...lines] = isPlaying ? all : [nothing, ...all];
    return [{ ...first, to: 'caller', lines }];
  },
});

export const queue = commandInChannel({
  name: 'queue',
  description: 'command.track.queue',
  shownTo: 'caller',
  options: [
    queueTrack,
    {
      name: 'fade',
      description: 'command.track.queue',
      kind: 'number',
      least: 0,
      most: longestCrossfade,
    },
  ],
  run: async (call, { features }) => {
    const { fade } = call.words;
    if (fade !== undefined) {
      const command = { kind: 'crossfade', ms: Number(fade) * 1000 } as const;
      const who = callerOf(call);
      return repliesOf(features.tracks.change(call.guildId, who, command, trackIn(call)));
    }
    const views = features.tracks.list(call.guildId);
    if (!views) return [nowhere];
    const typed = trackIn(call);
    const view = views.find(({ name }) => isSameTrack(name, typed));
    if (!view) {
      const names = views.map(({ name }) => name).join(', ');
      return [{ id: 'unknown.of', with: { x: typed, list: names }, to: 'caller' }];
    }
    if (!view.current && view.waiting.length === 0) return [{ ...nothing, to: 'caller' }];
    const lines = waitingLines(view, call.callerLocale);
    return [{ ...trackLine(view, call.callerLocale), to: 'caller', lines }];
  },
});

function waitingLines({ waiting }: ListedTrack, locale: Locale): readonly TextLine[] {
  const lines = waiting.slice(0, shown).map(({ title, owner }, at): TextLine => {
    const words = { n: at + 1, title, owner: owner ?? text('transcript.somebody', {}, locale) };
    return { id: 'track.waiting', with: words };
  });
  const n = waiting.length - lines.length;
  return n > 0 ? [...lines, { id: 'track.waiting.more', with: { n } }] : lines;
}
