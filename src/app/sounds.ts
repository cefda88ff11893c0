import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { SoundCatalog } from '#src/session/tracks/sound-catalog.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { FileReader, RecordingReader } from '#src/sources/fetch/ports.ts';
import { findFfmpeg } from '#src/sources/ffmpeg.ts';
import { openLibrary } from '#src/sources/library.ts';
import { Recordings } from '#src/sources/recordings.ts';
import type { ReadTags } from '#src/sources/sound-titles.ts';
import { Sources } from '#src/sources/sources.ts';
import { TextFiles } from '#src/sources/text-files.ts';

/** What people send or have played: recordings to be heard, sounds of tracks, text files. */
export type Sounds = AsyncDisposable & {
  readonly recordings: RecordingReader;
  readonly files: FileReader;
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
  const lane = decoding.lane(''); // where the library's sounds are decoded: one process does both
  const readTags: ReadTags = (path, signal) => lane.readTags(path, signal);
  const library = openLibrary(dataDir, { opener: sources, clock, readTags });
  return {
    recordings: new Recordings(decoding, { allowed }),
    files: new TextFiles({ allowed }),
    shelf: new SoundCatalog(sources, library),
    [Symbol.asyncDispose]: () => decoding[Symbol.asyncDispose](),
  };
}
