import { setImmediate } from 'node:timers/promises';
import { BotError } from '#src/base/errors.ts';
import type { Public } from '#src/base/public.ts';
import type { ProcessParts } from '#src/features/contract/feature.ts';
import type { SoundLibrary } from '#src/sources/library.ts';
import type { Sources, Where } from '#src/sources/sources.ts';
import { fromPcm } from './made-source.ts';

/** A sound of ten seconds. */
function tenSeconds(title: string) {
  const samples = new Int16Array(480_000).fill(1_000);
  return fromPcm(title, { samples, rateHz: 48_000, channels: 1 });
}

/** Where everything at `https://sounds.example` is a sound of ten seconds, live under `/live`, and everything else is refused. */
const opener: Public<Sources> = {
  async openSource(where: Where) {
    await setImmediate();
    const { title } = where;
    if (where.kind === 'link' && where.url.startsWith('https://sounds.example/live')) {
      const { lengthMs: _, ...live } = tenSeconds(title ?? 'radio');
      return { ...live, seekable: false };
    }
    if (where.kind === 'link' && where.url.startsWith('https://sounds.example/')) {
      return tenSeconds(title ?? where.url.split('/').at(-1) ?? '');
    }
    throw new BotError('source.not_allowed', false, 'A sound was not fetched: it may not be.');
  },
};

/** Ten seconds of anything that lies there. */
export function library(...names: readonly string[]): Public<SoundLibrary> {
  return {
    names: async () => names,
    open: async (name) => (names.includes(name) ? tenSeconds(name) : undefined),
  };
}

/** A shelf with rain, wind and the sea. */
export function catalog(lying = library('rain', 'sea', 'wind')): ProcessParts['sounds'] {
  return { opener, library: lying };
}
