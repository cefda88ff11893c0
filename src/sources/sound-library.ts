import { glob, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { type Sources, toOneLine } from './sound-sources.ts';

/** Extensions of sound files. The bytes show the real format. */
const extensions = new Set([
  ...['.wav', '.mp3', '.ogg', '.oga', '.opus', '.webm', '.flac'],
  ...['.m4a', '.aac', '.mp4', '.mka', '.aiff', '.wma'],
]);
const mostFiles = 2000;
const pattern = '{*,*/*,*/*/*,*/*/*/*,*/*/*/*/*}';
/** Limit of Discord's suggestions. */
const longestName = 100;
/** Suggestions ask for names at each key. */
const keptMs = 5_000;
const byName = new Intl.Collator('en').compare;

type SoundFileAt = { readonly name: string; readonly path: string };
type Files = ReadonlyMap<string, SoundFileAt>;

const builtIn = fileURLToPath(new URL('./sounds', import.meta.url));

export type LibraryParts = {
  readonly opener: Sources;
  readonly clock: Clock;
};

export function openLibrary(dataDir: string, parts: LibraryParts): SoundLibrary {
  return createSoundLibrary([join(dataDir, 'sounds'), builtIn], parts);
}

export type SoundLibrary = ReturnType<typeof createSoundLibrary>;

/**
 * Sounds in folders, named by their path without extension, as `weather/heavy rain`. Equal names in later folders
 * are hidden.
 *
 * Holds regular files only, without links and hidden files. Files are read anew for each `open`, and every 5 s for
 * names.
 */
export function createSoundLibrary(
  folders: readonly string[],
  { opener, clock }: LibraryParts,
) {
  /** LUFS by file and change. Undefined for silence. */
  const loudness = new Map<string, number | undefined>();
  let read: { readonly atMs: number; readonly files: Promise<Files> } | undefined;

  async function measureLoudness(
    path: string,
    source: SoundSource,
    signal: AbortSignal,
  ) {
    const { mtimeMs, size } = await stat(path);
    const key = `${mtimeMs} ${size} ${path}`;
    if (!loudness.has(key)) loudness.set(key, await measureLufs(source, clock, signal));
    return loudness.get(key);
  }

  /** Lists files by name in lower case, read no earlier than `sinceMs`. */
  async function readFiles(sinceMs: number) {
    if (read && read.atMs > sinceMs) return await read.files;
    const files = readFolders();
    read = { atMs: clock.nowMs(), files };
    return await files;
  }

  async function readFolders() {
    const files = new Map<string, SoundFileAt>();
    for (const folder of folders) {
      for (const file of await listSounds(folder)) {
        const key = file.name.toLowerCase();
        if (!files.has(key) && files.size < mostFiles) files.set(key, file);
      }
    }
    return files;
  }

  return {
    /** Sorted. */
    async listNames(): Promise<readonly string[]> {
      const files = await readFiles(clock.nowMs() - keptMs);
      return [...files.values()].map(({ name }) => name).sort(byName);
    },

    /** Opens a sound by its name, in any case. Undefined if unknown. Throws errors of `Sources.openSource`. */
    async open(name: string, signal: AbortSignal): Promise<SoundSource | undefined> {
      const files = await readFiles(Infinity);
      const found = files.get(toSoundName(name).toLowerCase());
      if (!found) return undefined;
      const { name: title, path } = found;
      const source = await opener.openSource({ kind: 'file', path, title }, signal);
      const lufs = await measureLoudness(path, source, signal).catch(() => {
        signal.throwIfAborted();
        return undefined; // The player reports the error.
      });
      return { ...source, lufs };
    },
  };
}

async function listSounds(folder: string) {
  const found: SoundFileAt[] = [];
  for await (const entry of glob(pattern, { cwd: folder, withFileTypes: true })) {
    const { name: file, parentPath } = entry;
    const extension = extname(file);
    if (!entry.isFile() || !extensions.has(extension.toLowerCase())) continue;
    const path = join(parentPath, file);
    const parts = relative(folder, path).slice(0, -extension.length).split(sep);
    const name = toSoundName(parts.join('/'));
    if (parts.every((part) => toSoundName(part) !== '')) found.push({ name, path });
  }
  return found.sort((a, b) => byName(a.name, b.name));
}

/** Turns a path or typed words into the name that suggestions show. */
function toSoundName(name: string) {
  return toOneLine(name, longestName);
}

const measuredMs = 60_000;
/** A person waits for the sound meanwhile. */
const longestMeasureMs = 1_000;

/** Measures LUFS of stereo sound at 48 kHz. Undefined for silence. Throws errors of the source. */
async function measureLufs(source: SoundSource, clock: Clock, signal: AbortSignal) {
  const meter = new LoudnessMeter();
  using deadline = createDeadlineSignal(
    longestMeasureMs,
    clock,
    () => new Error('it takes too long'),
  );
  let leftMs = measuredMs;
  try {
    const until = AbortSignal.any([signal, deadline.signal]);
    for await (const pcm of source.open(0, until)) {
      meter.push(pcm.samples);
      leftMs -= getDurationMs(pcm);
      if (leftMs <= 0) break;
    }
  } catch (error) {
    if (signal.aborted || !deadline.signal.aborted) throw error;
  }
  return meter.lufs;
}
