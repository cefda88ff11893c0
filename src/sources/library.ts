import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import type { SoundOpener, SoundShelf } from '#src/sources/fetch/ports.ts';
import { MeasuredLoudness } from './measured-loudness.ts';

/** What may lie there; what it really is shows when it is opened. */
const extensions = new Set([
  ...['.wav', '.mp3', '.ogg', '.oga', '.opus', '.webm', '.flac'],
  ...['.m4a', '.aac', '.mp4', '.mka', '.aiff', '.wma'],
]);
/** More than anybody finds his way in. */
const mostFiles = 2000;
const longestName = 50;
/** Time in ms for which names for suggestions are kept: each key somebody types asks for them. */
const keptMs = 5_000;
const byName = new Intl.Collator('en').compare;

type SoundFileAt = { readonly name: string; readonly path: string };
type Files = ReadonlyMap<string, SoundFileAt>;

const builtIn = fileURLToPath(new URL('./sounds', import.meta.url));

/** The owner's sounds, in `sounds` under `dataDir`, and the built-in ones. */
export function openLibrary(dataDir: string, opener: SoundOpener, clock: Clock): SoundLibrary {
  return new SoundLibrary([join(dataDir, 'sounds'), builtIn], opener, clock);
}

/**
 * The sounds in some folders, by their names without extension; a folder that comes first hides those of the same name.
 *
 * Only regular files right in them: no links, no folders, nothing hidden. Looked at anew when one is opened, and after 5 s
 * when names are asked for; a folder that is not there holds none.
 */
export class SoundLibrary implements SoundShelf {
  readonly #folders: readonly string[];
  readonly #opener: SoundOpener;
  readonly #measured: MeasuredLoudness;
  readonly #clock: Clock;
  /** What was found when somebody last looked. */
  #read: { readonly atMs: number; readonly files: Promise<Files> } | undefined;

  constructor(folders: readonly string[], opener: SoundOpener, clock: Clock) {
    this.#folders = folders;
    this.#opener = opener;
    this.#clock = clock;
    this.#measured = new MeasuredLoudness(clock);
  }

  async names(): Promise<readonly string[]> {
    return [...(await this.#files(this.#clock.nowMs() - keptMs)).values()]
      .map(({ name }) => name)
      .sort(byName);
  }

  /** Names are compared without case. What comes was measured, so that all of them can be made alike. */
  async open(name: string, signal: AbortSignal): Promise<SoundSource | undefined> {
    const files = await this.#files(Number.POSITIVE_INFINITY);
    const found = files.get(plainName(name).toLowerCase());
    if (!found) return undefined;
    const { name: title, path } = found;
    // Effects are short and may be played in a loop: no sample more or less.
    const where = { kind: 'file', path, title } as const;
    const source = await this.#opener.openSource(where, { isExact: true }, signal);
    return await this.#measured.of(path, source, signal);
  }

  /** By their names in lower case, read no earlier than `sinceMs`. */
  async #files(sinceMs: number): Promise<Files> {
    if (this.#read && this.#read.atMs > sinceMs) return await this.#read.files;
    const files = this.#readFolders();
    this.#read = { atMs: this.#clock.nowMs(), files };
    return await files;
  }

  async #readFolders(): Promise<Files> {
    const files = new Map<string, SoundFileAt>();
    for (const folder of this.#folders) {
      for (const [name, path] of await soundsIn(folder)) {
        const key = name.toLowerCase();
        if (!files.has(key) && files.size < mostFiles) files.set(key, { name, path });
      }
    }
    return files;
  }
}

async function soundsIn(folder: string): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .filter(({ name }) => extensions.has(extname(name).toLowerCase()))
    .map(
      ({ name }) => [plainName(name.slice(0, -extname(name).length)), join(folder, name)] as const,
    )
    .filter(([name]) => name !== '')
    .sort(([a], [b]) => byName(a, b));
}

/** One line, as people may type it. */
function plainName(name: string): string {
  const line = name.normalize('NFC').replace(/[\p{C}\s]+/gu, ' ');
  return [...line.trim()].slice(0, longestName).join('').trim();
}
