import { trackErrorText } from '#src/conversation/alerts/sound-source-error-texts.ts';
import type { PlayEnd } from '#src/conversation/ports/play-end.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { rightsFactsOf } from '#src/conversation/tools/person-rights-facts.ts';
import { holds } from '#src/people/rights.ts';
import type { ItemEnd } from '#src/playback/tracks/track-item.ts';
import { SessionTracks } from './session-tracks.ts';
import type { FoundSound } from './sound-catalog.ts';
import type { Playing, PlayRequest, TrackCaller, TrackKeeping } from './track-outcomes.ts';
import type { SoundOwner, SoundTag } from './tracks-and-sound-owners.ts';

/** A sound that is there, and whose it is going to be. */
export type PlaceableSound = Pick<Extract<FoundSound, { kind: 'found' }>, 'source'> &
  Pick<SoundTag, 'origin'> & { readonly owner?: SoundOwner };

/** Puts a sound on a track as a person wishes; a volume only where the track is theirs to change. */
export function placeSound(
  context: SessionContext,
  caller: TrackCaller,
  { loop, next, onEnd, percent, track: called }: Omit<PlayRequest, 'sound'>,
  { source, origin, owner }: PlaceableSound,
): Playing {
  const { owned } = context.features.of(SessionTracks);
  const kept = percent === undefined ? undefined : keptVolume(called, percent, caller, context);
  const added = owned.lay(called, source, { origin, owner }, { loop, next });
  if (onEnd && 'item' in added) void added.item.ended.then((ended) => onEnd(endOf(ended)));
  const track = owned.shownName(called);
  const { title } = source;
  const also = kept && { kept };
  switch (added.kind) {
    case 'playing':
    case 'queued':
      if (percent !== undefined && !kept) owned.perform({ kind: 'volume', track, percent });
      if (added.kind === 'playing') return { kind: 'playing', title, track, ...also };
      return { kind: 'added', title, track, place: added.place, ...also };
    case 'full':
      return { kind: 'full', track, limit: added.limit };
    case 'too-many-live':
      return { kind: 'bad', reason: { id: 'track.bad.busy' } };
    case 'too-many':
      return { kind: 'many', limit: added.limit, names: owned.busy };
    case 'bad-name':
      return { kind: 'bad-name' };
    case 'reserved':
      return { kind: 'reserved', track };
    case 'closed':
      return { kind: 'nowhere' };
  }
}

function endOf(ended: ItemEnd): PlayEnd {
  const reason = trackErrorText(ended);
  if (reason) return { kind: 'failed', reason };
  const { reason: kind } = ended;
  if (kind === 'completed' || kind === 'skipped') return { kind };
  return { kind: 'stopped', why: kind === 'closed' ? 'left' : 'asked' };
}

/** Whether this person may change everybody's sounds, as far as Discord has reported. */
export function isDj({ id, mayManage }: TrackCaller, context: SessionContext): boolean {
  return holds('dj', rightsFactsOf(id, mayManage, context));
}

function keptVolume(
  track: string,
  percent: number,
  caller: TrackCaller,
  context: SessionContext,
): TrackKeeping | undefined {
  const { owned } = context.features.of(SessionTracks);
  const owner = owned.ownerBeside(caller.id, { kind: 'volume', track, percent });
  if (!owner || isDj(caller, context)) return undefined;
  const now = owned.tracks.track(track)?.view.percent ?? 100;
  return now === percent ? undefined : { owner: owner.name, percent: now };
}
