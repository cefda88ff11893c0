import { maxVolumePercent } from '#src/base/volume.ts';
import type { ToolTracks, TrackChange } from '#src/session/ports/tool.ts';
import type { ListedTrack } from '#src/session/ports/tracks.ts';
import { holdsRightNow, type RightsContext } from '#src/session/tools/current-rights.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { OwnedTracks, TrackCommand } from './owned-tracks.ts';
import { everyTrack } from './track-names.ts';
import { trackOutcome } from './track-outcome-texts.ts';

/** The tracks of a channel, and what says who may do what there. */
export type TracksContext = RightsContext & { readonly tracks: { readonly owned: OwnedTracks } };

/** Tracks as a tool may change them for those who asked, all of whom must have the right. */
export function tracksFor(askerIds: readonly string[], context: TracksContext): ToolTracks {
  const { owned } = context.tracks;
  return {
    async change(change, called, signal) {
      const names =
        called?.trim().toLowerCase() === everyTrack ? owned.busy : named(called, context);
      const lines: TextLine[] = [];
      for (const track of names) {
        lines.push(await changed(deedOf(change, track, context), askerIds, context, signal));
      }
      const [first = missing(called, context), ...rest] = lines;
      return [first, ...rest];
    },
  };
}

async function changed(
  deed: TrackCommand,
  askerIds: readonly string[],
  context: TracksContext,
  signal: AbortSignal,
): Promise<TextLine> {
  const { owned } = context.tracks;
  const about = owned.subject(deed);
  for (const id of askerIds) {
    const owner = owned.ownerBeside(id, deed);
    if (!owner || (await holdsRightNow('dj', id, context, signal))) continue;
    return { id: 'track.barred', with: { owner: owner.name } };
  }
  signal.throwIfAborted();
  if (owned.subject(deed) !== about) return { id: 'confirm.over' }; // while roles were read
  return trackOutcome(owned.perform(deed));
}

function deedOf(
  change: TrackChange,
  track: string,
  { tracks }: Pick<TracksContext, 'tracks'>,
): TrackCommand {
  if (change.kind !== 'volume') return { kind: change.kind, track };
  const before = tracks.owned.tracks.track(track)?.view.percent ?? 100;
  const percent = 'level' in change ? change.level : before + change.by;
  return { kind: 'volume', track, percent: Math.min(maxVolumePercent, Math.max(0, percent)) };
}

/** By its name, or by what sounds there; what people mean who name nothing is what sounds first. */
function named(
  called: string | undefined,
  { tracks }: Pick<TracksContext, 'tracks'>,
): readonly string[] {
  const busy = tracks.owned.views.filter(({ current }) => current);
  const words = called?.trim().toLowerCase() ?? '';
  const found =
    words === ''
      ? busy[0]
      : (busy.find(({ name }) => name === words) ?? busy.find((view) => isMeant(view, words)));
  return found ? [found.name] : [];
}

function isMeant({ name, current }: ListedTrack, words: string): boolean {
  const title = current?.title.toLowerCase() ?? '';
  return [name, title].some((one) => one.includes(words) || words.split(/\P{L}+/u).includes(one));
}

function missing(called: string | undefined, { tracks }: Pick<TracksContext, 'tracks'>): TextLine {
  const { busy } = tracks.owned;
  if (busy.length === 0 || !called) return { id: 'track.none' };
  return { id: 'track.unknown', with: { x: called.trim(), list: busy.join(', ') } };
}
