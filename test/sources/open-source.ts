import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { realClock } from '#src/base/clock.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { SoundLocation } from '#src/sources/sound-bytes.ts';
import { createSoundOpener, type SoundOpenerDeps } from '#src/sources/sound-sources.ts';
import { type DecodedSound, joinHeard } from './tones.ts';

export const neverAborted = new AbortController().signal;

/** Bytes that are put into a file. */
type FileContent = {
  readonly title?: string;
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
};

/** Opens sounds, from this machine too. */
export function openWith(decoding: Decoding, overrides: Partial<SoundOpenerDeps> = {}) {
  const allowed = new AllowedHosts(['127.0.0.1']);
  const opener = createSoundOpener({
    clock: realClock,
    decoding,
    allowed,
    ...overrides,
  });
  return async (request: SoundLocation | FileContent) => {
    if (request.kind !== 'bytes') return await opener.openSource(request, neverAborted);
    const { bytes, title } = request;
    // The folder of all tests is deleted after them.
    const path = join(await mkdtemp(join(tmpdir(), 'parley-opened-')), 'sound');
    await writeFile(path, bytes);
    return await opener.openSource({ kind: 'file', path, title }, neverAborted);
  };
}

/** All of a sound from a place on. */
export async function readSound(
  source: SoundSource,
  fromMs = 0,
): Promise<DecodedSound> {
  return joinHeard(await Array.fromAsync(source.open(fromMs, neverAborted)));
}
