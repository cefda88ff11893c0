import type { SessionContext } from '#src/session/context.ts';
import type { ToolTracks, TrackChange } from '#src/session/ports/tool.ts';
import type { ListedTrack } from '#src/session/ports/tracks.ts';
import { holdsRightNow } from '#src/session/tools/current-rights.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { TrackCommand } from './owned-tracks.ts';
import { everyTrack } from './track-names.ts';
import { trackOutcome } from './track-outcome-texts.ts';

/** Tracks as a tool may change them for those who asked, all of whom must have the right. */
export function tracksFor(askerIds: readonly string[], room: SessionContext): ToolTracks {
  const { deck } = room.tracks;
  return {
    async change(change, called, signal) {
      const names = called?.trim().toLowerCase() === everyTrack ? deck.busy : named(called, room);
      const lines: TextLine[] = [];
      for (const track of names) {
        lines.push(await changed(deedOf(change, track, room), askerIds, room, signal));
      }
      const [first = missing(called, room), ...rest] = lines;
      return [first, ...rest];
    },
  };
}

async function changed(
  deed: TrackCommand,
  askerIds: readonly string[],
  room: SessionContext,
  signal: AbortSignal,
): Promise<TextLine> {
  const { deck } = room.tracks;
  const about = deck.subject(deed);
  for (const id of askerIds) {
    const owner = deck.ownerBeside(id, deed);
    if (!owner || (await holdsRightNow('dj', id, room, signal))) continue;
    return { id: 'track.barred', with: { owner: owner.name } };
  }
  signal.throwIfAborted();
  if (deck.subject(deed) !== about) return { id: 'confirm.over' }; // while roles were read
  return trackOutcome(deck.perform(deed));
}

function deedOf(change: TrackChange, track: string, { tracks }: SessionContext): TrackCommand {
  if (change.kind !== 'volume') return { kind: change.kind, track };
  const before = tracks.deck.tracks.track(track)?.view.percent ?? 100;
  const percent = 'level' in change ? change.level : before + change.by;
  return { kind: 'volume', track, percent: Math.min(200, Math.max(0, percent)) };
}

/** By its name, or by what sounds there; what people mean who name nothing is what sounds first. */
function named(called: string | undefined, { tracks }: SessionContext): readonly string[] {
  const busy = tracks.deck.views.filter(({ current }) => current);
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

function missing(called: string | undefined, { tracks }: SessionContext): TextLine {
  const { busy } = tracks.deck;
  if (busy.length === 0 || !called) return { id: 'track.none' };
  return { id: 'track.unknown', with: { x: called.trim(), list: busy.join(', ') } };
}
