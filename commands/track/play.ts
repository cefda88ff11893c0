import { closest } from '#commands/closest-names.ts';
import { notInRoom } from '#commands/rights.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { Command, CommandCall, CommandOption, Replies } from '#src/session/ports/command.ts';
import type { Playing, TrackKeeping } from '#src/session/ports/tracks.ts';
import { type Locale, type TextLine, text } from '#src/texts/texts.ts';
import { newTrack } from './options.ts';
import { callerOf, nowhere, trackIn } from './replies.ts';
import { levelIn } from './volume.ts';

/** Links to attachments have about 300. */
const mostChars = 1_000;

const options: readonly CommandOption[] = [
  {
    name: 'sound',
    description: 'command.track.play.sound',
    kind: 'text',
    maxChars: mostChars,
    suggest: async (typed, { guildId }, { tracks }) => closest(typed, await tracks.sounds(guildId)),
  },
  { name: 'file', description: 'command.track.play.file', kind: 'sound' },
  newTrack,
  {
    name: 'volume',
    description: 'command.track.play.volume',
    kind: 'number',
    least: 0,
    most: maxVolumePercent,
  },
  { name: 'loop', description: 'command.track.play.loop', kind: 'truth' },
  { name: 'next', description: 'command.track.play.next', kind: 'truth' },
];

export const play: Command = {
  name: 'play',
  description: 'command.track.play',
  shownTo: 'room',
  options,
  async run(call, { sessions, tracks }) {
    const barred = notInRoom(call, sessions);
    if (barred) return [barred];
    const { words } = call;
    const sound = call.sound ?? words.sound?.trim();
    if (!sound) return [{ id: 'track.which', to: 'caller' }];
    const percent = levelIn(words.volume);
    if (words.volume !== undefined && percent === undefined) {
      return [{ id: 'track.level', to: 'caller' }];
    }
    const playing = await tracks.play(call.guildId, callerOf(call), {
      sound,
      track: trackIn(call),
      ...(percent !== undefined && { percent }),
      loop: words.loop === 'true',
      next: words.next === 'true',
    });
    return told(playing, call);
  },
};

function told(playing: Playing, { callerLocale: locale }: CommandCall): Replies {
  switch (playing.kind) {
    case 'playing':
    case 'added': {
      const { title, track, kept } = playing;
      const n = playing.kind === 'added' ? { n: playing.place } : {};
      const lines = kept && { lines: [keptLine(track, kept)] };
      return [{ id: `track.${playing.kind}`, with: { title, track, ...n }, to: 'room', ...lines }];
    }
    case 'full':
      return [
        { id: 'track.full', with: { track: playing.track, limit: playing.limit }, to: 'caller' },
      ];
    case 'many': {
      const words = { limit: playing.limit, list: playing.names.join(', ') };
      return [{ id: 'track.many', with: words, to: 'caller' }];
    }
    case 'bad':
      return [{ id: 'track.bad', with: { reason: said(playing.reason, locale) }, to: 'caller' }];
    case 'no-sound':
      return [{ ...noSound(playing.sound, playing.closest), to: 'caller' }];
    case 'bad-name':
      return [{ id: 'track.name', to: 'caller' }];
    case 'reserved':
      return [{ id: 'track.reserved', with: { track: playing.track }, to: 'caller' }];
    case 'muted':
      return [{ id: 'muted.server', to: 'caller' }];
    case 'nowhere':
      return [nowhere];
  }
}

function keptLine(track: string, { owner, percent: n }: TrackKeeping): TextLine {
  return { id: 'track.volume.kept', with: { track, n, owner } };
}

function noSound(x: string, all: readonly string[]): TextLine {
  if (all.length === 0) return { id: 'track.sound.none', with: { x } };
  return { id: 'track.sound', with: { x, list: all.join(', ') } };
}

function said({ id, with: words }: TextLine, locale: Locale): string {
  return text(id, words, locale);
}
