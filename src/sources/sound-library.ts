import { glob, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LoudnessMeter } from '#src/audio/loudness/loudness.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { type SoundOpener, toTitleLine } from './sound-sources.ts';

/** Extensions of sound files. The bytes show the real format. */
const extensions = new Set([
  ...['.wav', '.mp3', '.ogg', '.oga', '.opus', '.webm', '.flac'],
  ...['.m4a', '.aac', '.mp4', '.mka', '.aiff', '.wma'],
]);
const maxFiles = 2000;
const filePattern = '{*,*/*,*/*/*,*/*/*/*,*/*/*/*/*}';
/** Limit of Discord's suggestions. */
const maxNameChars = 100;
/** Suggestions ask for names at each key. */
const maxNamesAgeMs = 5_000;
const compareNames = new Intl.Collator('en').compare;

type LibraryFile = { readonly name: string; readonly path: string };
type FilesByName = ReadonlyMap<string, LibraryFile>;

const builtInFolder = fileURLToPath(new URL('./sounds', import.meta.url));

export type LibraryDeps = {
  readonly opener: SoundOpener;
  readonly clock: Clock;
};

/** Sounds by name, which the owner of the bot has laid ready. */
export interface SoundLibrary {
  /** Lists all names, sorted. They may be 5 s old. */
  listNames(): Promise<readonly string[]>;
  /** Opens a sound by its name, in any case. Undefined if unknown. Throws as `openSource` of its opener. */
  open(name: string, signal: AbortSignal): Promise<SoundSource | undefined>;
}

/** Opens the folder `sounds` of `dataDir`, with the built-in sounds after it. */
export function openLibrary(dataDir: string, deps: LibraryDeps): SoundLibrary {
  return new FolderLibrary([join(dataDir, 'sounds'), builtInFolder], deps);
}

/**
 * Sounds in folders, named by their path without extension, as `weather/heavy rain`. Equal names in later folders
 * are hidden.
 *
 * Holds regular files only, without links and hidden files. Files are read anew for each `open`, and every 5 s for
 * names.
 */
export class FolderLibrary implements SoundLibrary {
  readonly #folders: readonly string[];
  readonly #deps: LibraryDeps;
  /** LUFS by file and change. Undefined for silence. */
  readonly #loudness = new Map<string, number | undefined>();
  #lastReading:
    | { readonly atMs: number; readonly files: Promise<FilesByName> }
    | undefined;

  constructor(folders: readonly string[], deps: LibraryDeps) {
    this.#folders = folders;
    this.#deps = deps;
  }

  /** Lists all names, sorted. */
  async listNames(): Promise<readonly string[]> {
    const files = await this.#readFiles(this.#deps.clock.nowMs() - maxNamesAgeMs);
    return [...files.values()].map(({ name }) => name).sort(compareNames);
  }

  /** Opens a sound, with its loudness. */
  async open(name: string, signal: AbortSignal): Promise<SoundSource | undefined> {
    const files = await this.#readFiles(Infinity);
    const file = files.get(toSoundName(name).toLowerCase());
    if (!file) return undefined;
    const { name: title, path } = file;
    const location = { kind: 'file', path, title } as const;
    const sound = await this.#deps.opener.openSource(location, signal);
    const lufs = await this.#measureLoudness(path, sound, signal).catch(() => {
      signal.throwIfAborted();
      return undefined; // The player reports the error.
    });
    return { ...sound, lufs };
  }

  async #measureLoudness(path: string, sound: SoundSource, signal: AbortSignal) {
    const { mtimeMs, size } = await stat(path);
    const key = `${mtimeMs} ${size} ${path}`;
    if (!this.#loudness.has(key))
      this.#loudness.set(key, await measureLufs(sound, this.#deps.clock, signal));
    return this.#loudness.get(key);
  }

  /** Lists files by name in lower case, read no earlier than `sinceMs`. */
  async #readFiles(sinceMs: number) {
    if (this.#lastReading && this.#lastReading.atMs > sinceMs)
      return await this.#lastReading.files;
    const files = this.#readFolders();
    this.#lastReading = { atMs: this.#deps.clock.nowMs(), files };
    return await files;
  }

  async #readFolders() {
    const files = new Map<string, LibraryFile>();
    for (const folder of this.#folders) {
      for (const file of await listSounds(folder)) {
        const key = file.name.toLowerCase();
        if (!files.has(key) && files.size < maxFiles) files.set(key, file);
      }
    }
    return files;
  }
}

async function listSounds(folder: string) {
  const files: LibraryFile[] = [];
  for await (const entry of glob(filePattern, { cwd: folder, withFileTypes: true })) {
    const extension = extname(entry.name);
    if (!entry.isFile() || !extensions.has(extension.toLowerCase())) continue;
    const path = join(entry.parentPath, entry.name);
    const segments = relative(folder, path).slice(0, -extension.length).split(sep);
    const name = toSoundName(segments.join('/'));
    if (segments.every((segment) => toSoundName(segment) !== ''))
      files.push({ name, path });
  }
  return files.sort((a, b) => compareNames(a.name, b.name));
}

/** Turns a path or typed words into the name that suggestions show. */
export function toSoundName(name: string): string {
  return toTitleLine(name, maxNameChars);
}

const measuredMs = 60_000;
/** A person waits for the sound meanwhile. */
const measureTimeoutMs = 1_000;

/** Measures LUFS of stereo sound at 48 kHz. Undefined for silence. Throws errors of the source. */
async function measureLufs(sound: SoundSource, clock: Clock, signal: AbortSignal) {
  const meter = new LoudnessMeter();
  using deadline = createDeadlineSignal(
    measureTimeoutMs,
    clock,
    () => new Error('it takes too long'),
  );
  let leftMs = measuredMs;
  try {
    const until = AbortSignal.any([signal, deadline.signal]);
    for await (const pcm of sound.open(0, until)) {
      meter.addSamples(pcm.samples);
      leftMs -= getDurationMs(pcm);
      if (leftMs <= 0) break;
    }
  } catch (error) {
    if (signal.aborted || !deadline.signal.aborted) throw error;
  }
  return meter.lufs;
}
