import { join } from 'node:path';
import { z } from 'zod';
import { isSameLanguage } from '#src/base/language/expected-language.ts';
import { defaultHost } from './catalogue.ts';
import { type FetchDeps, fetchFile, type WantedFile } from './fetch-file.ts';
import table from './voice-catalogue.json' with { type: 'json' };

/** Size and content of a file. */
export type FileContent = Pick<WantedFile, 'bytes' | 'sha256'>;

/** A Piper voice that the bot can fetch for its owner. */
export interface FetchableVoice {
  /** Name of its files, such as `de_DE-thorsten-medium`. */
  readonly name: string;
  /** Name for people. */
  readonly speaker: string;
  /** BCP 47. */
  readonly language: string;
  /** Path of the files below `defaultHost`, or below a mirror. */
  readonly folder: string;
  readonly model: FileContent;
  /** The JSON beside the model. */
  readonly description: FileContent;
  readonly licence: 'CC0-1.0' | 'CC-BY-4.0' | 'MIT';
  /** Page that states the licence. */
  readonly source: string;
  /** When and where sizes and SHA-256 were looked up. */
  readonly lookedUp: string;
}

const contentSchema = z.strictObject({
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[\da-f]{64}$/),
});

/** A row of `voice-catalogue.json`. No row without hashes. */
export const voiceSchema: z.ZodType<FetchableVoice> = z.strictObject({
  name: z.string().regex(/^[a-z]{2}_[A-Z]{2}-\w+-\w+$/),
  speaker: z.string().min(1),
  language: z.string().regex(/^[a-z]{2}-[A-Z]{2}$/),
  folder: z.string().regex(/^[\w.-]+(?:\/[\w.-]+)+$/),
  model: contentSchema,
  description: contentSchema,
  licence: z.enum(['CC0-1.0', 'CC-BY-4.0', 'MIT']),
  source: z.url({ protocol: /^https$/ }),
  lookedUp: z.string().min(10),
});

/** Voices that can be fetched, by name. */
export const fetchableVoices: readonly FetchableVoice[] = z
  .array(voiceSchema)
  .parse(table);

/** Finds a voice for a language (BCP 47), whatever its region. */
export function findFetchableVoice(
  language: string,
  voices: readonly FetchableVoice[] = fetchableVoices,
): FetchableVoice | undefined {
  return voices.find((voice) => isSameLanguage(voice.language, language));
}

/** Returns the folder of voices in the bot's data. */
export function getVoicesFolder(dataDir: string): string {
  return join(dataDir, 'voices');
}

/** Formats name, size and licence of a voice: `Thorsten (63 MB, CC0-1.0)`. */
export function formatVoice({ licence, model, speaker }: FetchableVoice): string {
  return `${speaker} (${Math.round(model.bytes / 1e6)} MB, ${licence})`;
}

/** Where a voice is fetched from and to. */
export type VoicePlaces = {
  readonly dataDir: string;
  /** Address of a mirror. Default: `defaultHost`. */
  readonly host?: string | undefined;
};

/**
 * Fetches both files of a voice into the folder of voices. The model comes last, so that a voice counts once it is whole.
 * Throws as `fetchFile` does.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { fetchVoice, findFetchableVoice } from '#src/downloads/voice-catalogue.ts';
 *
 * declare const signal: AbortSignal;
 * const voice = findFetchableVoice('de');
 * if (voice) await fetchVoice(voice, { dataDir: './data' }, { clock: realClock }, signal);
 */
export async function fetchVoice(
  { description, folder, model, name }: FetchableVoice,
  { dataDir, host = defaultHost }: VoicePlaces,
  deps: FetchDeps,
  signal: AbortSignal,
): Promise<void> {
  const files = [
    { file: `${name}.onnx.json`, ...description },
    { file: `${name}.onnx`, ...model },
  ];
  for (const { bytes, file, sha256 } of files) {
    const url = `${host.replace(/\/$/, '')}/${folder}/${file}`;
    const path = join(getVoicesFolder(dataDir), name, file);
    await fetchFile({ url, path, bytes, sha256 }, deps, signal);
  }
}
