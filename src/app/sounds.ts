import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { SoundCatalog } from '#src/session/tracks/sound-catalog.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { RecordingReader } from '#src/sources/fetch/ports.ts';
import { findFfmpeg } from '#src/sources/ffmpeg.ts';
import { openLibrary } from '#src/sources/library.ts';
import { Recordings } from '#src/sources/recordings.ts';
import { Sources } from '#src/sources/sources.ts';

/** Everything that sounds and was not said: recordings to be heard, and what tracks play. */
export type Sounds = AsyncDisposable & {
  readonly recordings: RecordingReader;
  readonly shelf: SoundCatalog;
};

/** Longest step of a decoding process, in ms, before it is killed: 30 ms are usual. */
const mostStepMs = 2_000;

/** Closing it ends what is being decoded. */
export function openSounds(
  config: Pick<Config, 'allowedHosts' | 'dataDir' | 'searchPath'>,
): Sounds {
  const { allowedHosts, dataDir, searchPath } = config;
  const [clock, allowed] = [realClock, new AllowedHosts(allowedHosts)];
  const decoding = new Decoding({ clock, stepMs: mostStepMs });
  const ffmpeg = findFfmpeg(searchPath);
  const sources = new Sources({ clock, decoding, allowed, ...(ffmpeg && { ffmpeg }) });
  return {
    recordings: new Recordings(decoding, { allowed }),
    shelf: new SoundCatalog(sources, openLibrary(dataDir, sources, clock)),
    [Symbol.asyncDispose]: () => decoding[Symbol.asyncDispose](),
  };
}
