import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { realClock } from '#src/base/clock.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import { createAllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import {
  createSources,
  type SourcesOptions,
  type Where,
} from '#src/sources/sound-sources.ts';
import { type DecodedSound, joinHeard } from './tones.ts';

export const neverAborted = new AbortController().signal;

/** Bytes that are put into a file. */
type FileContent = {
  readonly title?: string;
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
};

/** Opens sounds, from this machine too. */
export function openWith(decoding: Decoding, over: Partial<SourcesOptions> = {}) {
  const allowed = createAllowedHosts(['127.0.0.1']);
  const sources = createSources({ clock: realClock, decoding, allowed, ...over });
  return async (asked: Where | FileContent) => {
    if (asked.kind !== 'bytes') return await sources.openSource(asked, neverAborted);
    const { bytes, title } = asked;
    // The folder of all tests is deleted after them.
    const path = join(await mkdtemp(join(tmpdir(), 'parley-opened-')), 'sound');
    await writeFile(path, bytes);
    return await sources.openSource({ kind: 'file', path, title }, neverAborted);
  };
}

/** All of a sound from a place on. */
export async function readSound(
  source: SoundSource,
  fromMs = 0,
): Promise<DecodedSound> {
  return joinHeard(await Array.fromAsync(source.open(fromMs, neverAborted)));
}
