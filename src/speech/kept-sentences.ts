import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { levelWholeVoice } from '#src/audio/loudness/loudness.ts';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import type { SpeechVoice, Synthesizer } from './speech-engine.ts';

const defaultMaxBytes = 20_000_000;
/** The rate in Hz stands before the samples. */
const soundHeaderBytes = 4;
/** Part of each name, so that sound of an earlier format is not found. */
const soundFormatVersion = 2;

/** Which sentences are kept, and where. `maxBytes` bounds the folder, by default 20 MB. */
export type KeptSentencesOptions = {
  readonly folder: string;
  /** Part of each name, so that another engine speaks anew. */
  readonly describeEngine: (voice: SpeechVoice) => string;
  readonly isBotSentence: (text: string, language: string | undefined) => boolean;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly maxBytes?: number;
};

/**
 * Keeps the sound of the bot's own sentences in a folder, so that they sound at once and cost nothing.
 *
 * The least recently used sounds go first. A sound that cannot be read or written is made anew.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { withKeptSentences } from '#src/speech/kept-sentences.ts';
 * import type { Synthesizer } from '#src/speech/speech-engine.ts';
 *
 * declare const engine: Synthesizer;
 * const isBotSentence = (text: string) => text === 'One moment.';
 * withKeptSentences(engine, { folder: 'data/sentences', describeEngine: () => 'kokoro', isBotSentence, clock: realClock });
 */
export function withKeptSentences(
  inner: Synthesizer,
  options: KeptSentencesOptions,
): Synthesizer {
  const { fixEngine, wrapEach } = inner;
  return {
    synthesize(text, voice, signal) {
      if (!options.isBotSentence(text, voice.language))
        return inner.synthesize(text, voice, signal);
      return readOrSynthesize(inner, text, voice, options, signal);
    },
    fixEngine: fixEngine && (() => withKeptSentences(fixEngine.call(inner), options)),
    wrapEach: (wrap) =>
      withKeptSentences(wrapEach?.call(inner, wrap) ?? wrap(inner), options),
  };
}

async function* readOrSynthesize(
  inner: Synthesizer,
  text: string,
  voice: SpeechVoice,
  options: KeptSentencesOptions,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  const path = join(
    options.folder,
    createSoundName(text, voice, options.describeEngine(voice)),
  );
  const keptSound = readKeptSound(path, options.clock);
  signal.throwIfAborted();
  if (keptSound) {
    yield keptSound;
    return;
  }
  const pieces: Pcm[] = [];
  let isGone = false;
  const onGone: SpeechVoice['onGone'] = (name, of) => {
    isGone = true;
    voice.onGone?.(name, of);
  };
  for await (const pcm of inner.synthesize(text, { ...voice, onGone }, signal)) {
    pieces.push({ ...pcm, samples: pcm.samples.slice() });
    yield pcm;
  }
  // Another voice spoke in place of one that is gone.
  if (!isGone) void writeSound(path, pieces, options);
}

function createSoundName(text: string, voice: SpeechVoice, engine: string) {
  const { instructions, language, model, name, speed } = voice;
  const soundKey = [
    soundFormatVersion,
    engine,
    name,
    model,
    language,
    instructions,
    speed,
    text,
  ];
  return `${createHash('sha256').update(JSON.stringify(soundKey)).digest('hex')}.pcm`;
}

/** Reads a sound. Undefined if there is none. Never throws. */
function readKeptSound(path: string, clock: Pick<Clock, 'wallMs'>): Pcm | undefined {
  try {
    // At once: a sentence of 150 kB takes less time to read than to hand to another thread, and its speaker waits.
    const bytes = new Uint8Array(readFileSync(path));
    void noteUse(path, clock).catch(() => undefined);
    const samples = new Int16Array(bytes.buffer, soundHeaderBytes);
    return {
      samples,
      rateHz: new DataView(bytes.buffer).getUint32(0, true),
      channels: 1,
    };
  } catch {
    return undefined;
  }
}

/** Dates a sound by the clock of all, since the least recently used ones are deleted first. */
function noteUse(path: string, clock: Pick<Clock, 'wallMs'>): Promise<void> {
  const usedAtS = clock.wallMs() / 1_000;
  return utimes(path, usedAtS, usedAtS);
}

/** Writes a sound, and removes the least recently used ones above the limit. Never throws. */
async function writeSound(
  path: string,
  pieces: readonly Pcm[],
  { folder, maxBytes = defaultMaxBytes, clock }: KeptSentencesOptions,
) {
  const [firstPiece] = pieces;
  if (!firstPiece) return;
  const header = Buffer.alloc(soundHeaderBytes);
  header.writeUInt32LE(firstPiece.rateHz);
  // It may be the first text of a voice, whose beginning nobody could level.
  const samples = joinSamples(pieces.map((piece) => piece.samples));
  const { samples: levelled } = levelWholeVoice({ ...firstPiece, samples });
  // A process that ends here leaves no half of a sound under the final name.
  const draft = `${path}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(draft, Buffer.concat([header, new Uint8Array(levelled.buffer)]));
    await noteUse(draft, clock);
    await rename(draft, path);
    await removeLeastUsed(folder, maxBytes);
  } catch {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

async function removeLeastUsed(folder: string, limitBytes: number) {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const { mtimeMs, size } = await stat(join(folder, name));
      return { name, mtimeMs, size };
    }),
  );
  let bytes = 0;
  for (const { name, size } of files.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    bytes += size;
    if (bytes > limitBytes) await rm(join(folder, name), { force: true });
  }
}
