import type { TextLine } from '#src/texts/texts.ts';
import type { Mouth } from './mouth.ts';

/** A track that a stop paused, and the person whose sound waits there. */
type PausedTrack = { readonly track: string; readonly owner?: string };

/**
 * End of a request for silence. `nothing`: there was no sound, and nobody waited for one. `writing`: neither, but an
 * answer in writing goes on.
 */
export type SilenceOutcome = {
  readonly kind: 'stopped' | 'nothing' | 'writing';
  readonly paused: readonly PausedTrack[];
};

/** Silences a session: ends speech and waiting questions, and pauses the sounds of other tracks. */
export function silenceSession(
  speech: Pick<Mouth, 'mix' | 'requests'>,
): SilenceOutcome {
  const isSpeechStopped = speech.requests.stopEverything();
  const silenced = pauseTracks(speech);
  return isSpeechStopped ? { ...silenced, kind: 'stopped' } : silenced;
}

/** Ends speech on the tracks beside `voice`, and pauses their other sounds. */
export function pauseTracks({ mix }: Pick<Mouth, 'mix'>): SilenceOutcome {
  const silenced = mix.tracks.silence();
  const paused = silenced.flatMap(({ items: [item], name }) =>
    item ? [{ track: name, owner: item.owner?.name }] : [],
  );
  return { kind: silenced.length > 0 ? 'stopped' : 'nothing', paused };
}

/** Describes a silence: the sounds that wait, and the people who can go on with them. */
export function toSilenceLine({ kind, paused }: SilenceOutcome): TextLine {
  if (kind === 'nothing') return { id: 'stop.silent' };
  if (kind === 'writing') return { id: 'stop.writing' };
  if (paused.length === 0) return { id: 'stop.ok' };
  const tracks = paused.map(({ track }) => track).join(', ');
  const owners = paused.flatMap(({ owner }) => owner ?? []);
  const people = [...new Set(owners)].join(', ');
  return people === ''
    ? { id: 'stop.paused', with: { tracks } }
    : { id: 'stop.paused.owned', with: { tracks, people } };
}
