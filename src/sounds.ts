import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { TrackShelf } from '#src/session/track-shelf.ts';
import { findFfmpeg } from '#src/sources/ffmpeg.ts';
import { openLibrary } from '#src/sources/library.ts';
import type { RecordingReader } from '#src/sources/ports.ts';
import { openRecordings } from '#src/sources/recordings.ts';
import { openSources } from '#src/sources/sources.ts';

/** Everything that sounds and was not said: recordings to be heard, and what tracks play. */
export type Sounds = AsyncDisposable & {
  readonly recordings: RecordingReader;
  readonly shelf: TrackShelf;
};

/** Closing it ends what is being decoded. */
export function openSounds(
  config: Pick<Config, 'allowedHosts' | 'dataDir' | 'searchPath'>,
): Sounds {
  const { allowedHosts, dataDir, searchPath } = config;
  const stack = new AsyncDisposableStack();
  const recordings = stack.use(openRecordings(allowedHosts, realClock));
  const sources = stack.use(openSources(allowedHosts, realClock, findFfmpeg(searchPath)));
  return {
    recordings,
    shelf: new TrackShelf(sources, openLibrary(dataDir, sources, realClock)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
