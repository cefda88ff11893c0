import { BotError } from '#src/base/errors.ts';
import { TrackShelf } from '#src/session/track-shelf.ts';

/** What tracks play, from the shelf of this machine and from links. */
export function openTrackSounds(): { readonly shelf: TrackShelf } {
  const openSource = () =>
    Promise.reject(new BotError('source.unreachable', false, 'Nothing is fetched for tracks.'));
  const shelf = { names: async () => [], open: async () => undefined };
  return { shelf: new TrackShelf({ openSource }, shelf) };
}
