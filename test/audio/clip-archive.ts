import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Name of the archive in a folder of clips: tar without compression, so that `tar -tf` lists it and `tar -rf` adds a clip. */
const archiveName = 'clips.tar';
/** A tar file consists of blocks: one of header before each file, and the file's own, filled up with zeros (POSIX ustar). */
const blockBytes = 512;
const nameBytes = 100;
const sizeOffset = 124;
const sizeDigits = 11;

const archives = new Map<string, ReadonlyMap<string, Buffer>>();

/**
 * Reads a clip of a folder: from its `clips.tar`, or as a file where the folder has no archive, as that of `--clips DIR`.
 *
 * @throws Error where there is no such clip
 *
 * @example
 * import { readClip } from '#test/audio/clip-archive.ts';
 *
 * readClip('test/fixtures/human', 'cmd-000.opus').toString('latin1', 0, 4); // 'OggS'
 */
export function readClip(folder: string, name: string): Buffer {
  const archive = readArchive(folder);
  if (!archive) return readFileSync(join(folder, name));
  const clip = archive.get(name);
  if (!clip) throw new Error(`${join(folder, archiveName)} holds no ${name}.`);
  return clip;
}

/** Lists the names of a folder's clips in the order of their letters. */
export function listClips(folder: string): readonly string[] {
  return [...(readArchive(folder)?.keys() ?? readdirSync(folder))].toSorted();
}

function readArchive(folder: string) {
  const path = join(folder, archiveName);
  const known = archives.get(path);
  if (known || !existsSync(path)) return known;
  const archive = new Map(unpackTar(readFileSync(path)));
  archives.set(path, archive);
  return archive;
}

function* unpackTar(bytes: Buffer): Generator<readonly [name: string, file: Buffer]> {
  for (let at = 0; bytes[at]; ) {
    const name = bytes.toString('utf8', at, at + nameBytes).replace(/\0.*/, '');
    const size = bytes.toString(
      'latin1',
      at + sizeOffset,
      at + sizeOffset + sizeDigits,
    );
    const fileBytes = Number.parseInt(size, 8);
    const from = at + blockBytes;
    yield [name, bytes.subarray(from, from + fileBytes)];
    at = from + Math.ceil(fileBytes / blockBytes) * blockBytes;
  }
}
