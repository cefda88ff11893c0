import { maxVolumePercent } from '#src/base/volume.ts';
import type { SessionContext } from '#src/session/context.ts';
import type { ToolTracks, TrackChange } from '#src/session/ports/tool.ts';
import type { ListedTrack } from '#src/session/ports/tracks.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { TrackCommand } from './perform-command.ts';
import { soundsFor } from './sound-tools.ts';
import { everyTrack, isOwnTrack, isSameTrack, trackNameOf } from './track-names.ts';
import { trackOutcome } from './track-outcome-texts.ts';

/** Tracks as a tool may change them for those who asked, all of whom must have the right, and what it may play there. */
export function tracksFor(askerIds: readonly string[], context: SessionContext): ToolTracks {
  return {
    ...soundsFor(askerIds, context),
    async change(change, called, signal) {
      const own = trackNameOf(called ?? '') ?? '';
      if (change.kind === 'volume' && isOwnTrack(own)) {
        const percent = percentOf(change, context.tracks.volume.of(own));
        context.tracks.volume.set(own, percent);
        return [trackOutcome({ kind: 'volume', track: own, percent })];
      }
      const lines: TextLine[] = [];
      for (const track of tracksMeant(change, called, context)) {
        const command = commandOf(change, track, context);
        lines.push(
          'track' in command ? await changed(command, askerIds, context, signal) : command,
        );
      }
      const [first = missing(called, context), ...rest] = lines;
      return [first, ...rest];
    },
  };
}

function tracksMeant(
  change: TrackChange,
  called: string | undefined,
  context: SessionContext,
): readonly string[] {
  const { owned } = context.tracks;
  if (trackNameOf(called ?? '') === everyTrack) return owned.busy;
  const meant = named(called, context);
  if (change.kind !== 'remove' || called !== undefined) return meant;
  const holding = owned.busy.find((track) => owned.removal(track, change.item));
  return holding === undefined ? meant : [holding];
}

async function changed(
  command: TrackCommand,
  askerIds: readonly string[],
  context: SessionContext,
  signal: AbortSignal,
): Promise<TextLine> {
  const { owned } = context.tracks;
  const about = owned.subject(command);
  for (const id of askerIds) {
    const owner = owned.ownerBeside(id, command);
    if (!owner || (await context.tools.isAllowed('dj', id, signal))) continue;
    return { id: 'track.barred', with: { owner: owner.name } };
  }
  signal.throwIfAborted();
  if (owned.subject(command) !== about) return { id: 'confirm.over' }; // while roles were read
  return trackOutcome(owned.perform(command));
}

/** The command, or the sentence that says why there is none. */
function commandOf(
  change: TrackChange,
  track: string,
  { tracks }: SessionContext,
): TrackCommand | TextLine {
  const { owned } = tracks;
  switch (change.kind) {
    case 'volume': {
      const before = owned.tracks.track(track)?.view.percent ?? 100;
      return { kind: 'volume', track, percent: percentOf(change, before) };
    }
    case 'remove': {
      const { item } = change;
      const missing: TextLine = { id: 'track.no_item', with: { track, x: item } };
      return owned.removal(track, item) ?? missing;
    }
    default:
      return { ...change, track };
  }
}

/** Volume after a change, in percent. */
function percentOf(change: Extract<TrackChange, { kind: 'volume' }>, before: number): number {
  const percent = 'level' in change ? change.level : before + change.by;
  return Math.min(maxVolumePercent, Math.max(0, percent));
}

/** By its name, or by what sounds there; what people mean who name nothing is what sounds first. */
function named(called: string | undefined, { tracks }: SessionContext): readonly string[] {
  const busy = tracks.owned.views.filter(({ current }) => current);
  const words = called?.trim().toLowerCase() ?? '';
  const found =
    words === ''
      ? busy[0]
      : (busy.find(({ name }) => isSameTrack(name, words)) ??
        busy.find((view) => isMeant(view, words)));
  return found ? [found.name] : [];
}

/** Its name or title holds the words, or is one of them. */
function isMeant({ name, current }: ListedTrack, words: string): boolean {
  const all = [name, current?.title ?? ''].map((one) => one.toLowerCase());
  return all.some((one) => one.includes(words) || areAmong(wordsOf(one), wordsOf(words)));
}

/** Letters and digits, in words between single spaces. */
function wordsOf(typed: string): string {
  return (typed.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).join(' ');
}

function areAmong(words: string, all: string): boolean {
  return words !== '' && ` ${all} `.includes(` ${words} `);
}

function missing(called: string | undefined, { tracks }: SessionContext): TextLine {
  const { busy } = tracks.owned;
  if (busy.length === 0 || !called) return { id: 'track.none' };
  return { id: 'track.unknown', with: { x: called.trim(), list: busy.join(', ') } };
}
