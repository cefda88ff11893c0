import { setImmediate } from 'node:timers/promises';
import { BotError } from '#src/base/errors.ts';
import type { FeatureProcessDeps } from '#src/features/contract/feature.ts';
import type { SoundLocation } from '#src/sources/sound-bytes.ts';
import type { SoundLibrary } from '#src/sources/sound-library.ts';
import type { SoundOpener } from '#src/sources/sound-sources.ts';
import { makeSourceFromPcm } from './made-source.ts';

/** A sound of ten seconds. */
function makeTenSeconds(title: string) {
  const samples = new Int16Array(480_000).fill(1_000);
  return makeSourceFromPcm(title, { samples, rateHz: 48_000, channels: 1 });
}

/** Where everything at `https://sounds.example` is a sound of ten seconds, live under `/live`, and everything else is refused. */
const soundOpener: SoundOpener = {
  async openSource(location: SoundLocation) {
    await setImmediate();
    if (location.kind === 'bytes') return makeTenSeconds(location.title ?? 'a file');
    if (
      location.kind === 'link' &&
      location.url.startsWith('https://sounds.example/live')
    ) {
      const { lengthMs: _, ...live } = makeTenSeconds(location.title ?? 'radio');
      return { ...live, isSeekable: false };
    }
    if (
      location.kind === 'link' &&
      location.url.startsWith('https://sounds.example/')
    ) {
      return makeTenSeconds(location.title ?? location.url.split('/').at(-1) ?? '');
    }
    throw new BotError(
      'source.not_allowed',
      false,
      'A sound was not fetched: it may not be.',
    );
  },

  fetchBytes: async () => Uint8Array.of(1, 2, 3),
};

/** Ten seconds of anything that lies there. */
export function makeLibrary(...names: readonly string[]): SoundLibrary {
  return {
    listNames: async () => names,
    open: async (name) => (names.includes(name) ? makeTenSeconds(name) : undefined),
  };
}

/** A shelf with rain, wind and the sea. */
export function makeCatalog(
  lying = makeLibrary('rain', 'sea', 'wind'),
): FeatureProcessDeps['sounds'] {
  return { opener: soundOpener, library: lying };
}
