import { z } from 'zod';
import table from './catalogue.json' with { type: 'json' };

/** A file that the bot can fetch for its owner, at one address and with one content. */
export interface FetchableModel {
  /** Name in settings and questions. */
  readonly name: string;
  readonly kind: 'chat';
  /** Billions of weights. */
  readonly billions: number;
  /** Path below `defaultHost`, or below a mirror. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly licence: 'Apache-2.0' | 'MIT';
  /** Memory of the process that runs the model, with the words of two talks. */
  readonly memoryBytes: number;
  /** Languages (BCP 47) in which its makers name it. */
  readonly languages: readonly string[];
  /** Page that states the licence. */
  readonly source: string;
  /** When and where size and SHA-256 were looked up. */
  readonly lookedUp: string;
}

/** A row of `catalogue.json`. No row without a hash. */
export const modelSchema: z.ZodType<FetchableModel> = z.strictObject({
  name: z.string().regex(/^[a-z][a-z\d.-]{1,30}$/),
  kind: z.literal('chat'),
  billions: z.number().positive(),
  path: z.string().regex(/^[\w.-]+(?:\/[\w.-]+)+$/),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[\da-f]{64}$/),
  licence: z.enum(['Apache-2.0', 'MIT']),
  memoryBytes: z.int().positive(),
  languages: z.array(z.string()).min(1).readonly(),
  source: z.url({ protocol: /^https$/ }),
  lookedUp: z.string().min(10),
});

/** Models that can be fetched, the smallest first. */
export const fetchableModels: readonly FetchableModel[] = z
  .array(modelSchema)
  .parse(table);

/** Where files are fetched from, unless the settings name a mirror. */
export const defaultHost = 'https://huggingface.co';

/** Finds a model by its name in the catalogue. */
export function findFetchableModel(
  name: string,
  models: readonly FetchableModel[] = fetchableModels,
): FetchableModel | undefined {
  return models.find((model) => model.name === name);
}

/** Room that a machine has for a model. */
export type MachineRoom = {
  readonly memoryBytes: number;
  readonly diskBytes: number;
};

/** A file is written beside the bot's data, which goes on to grow. */
const diskFactor = 2;
/** Ears, voice and the bot itself need some of the memory, too. */
const memoryShare = 0.8;

/** Returns the free disk space that a fetch of a file demands: twice the file. */
export function getNeededDiskBytes({ bytes }: Pick<FetchableModel, 'bytes'>): number {
  return diskFactor * bytes;
}

/**
 * Tests whether a model fits the memory and the disk of a machine.
 *
 * @example
 * import { fetchableModels, fitsMachine } from '#src/downloads/catalogue.ts';
 *
 * const room = { memoryBytes: 2_500_000_000, diskBytes: 50_000_000_000 };
 * fetchableModels.filter((model) => fitsMachine(model, room)).map(({ name }) => name); // ['qwen2.5-0.5b', 'qwen2.5-1.5b']
 */
export function fitsMachine(model: FetchableModel, room: MachineRoom): boolean {
  const { diskBytes, memoryBytes } = room;
  return (
    model.memoryBytes <= memoryShare * memoryBytes &&
    getNeededDiskBytes(model) <= diskBytes
  );
}

/** Estimates the tokens a second of a model whose weights are read once a token. */
export function estimateTokensPerSecond(
  { bytes }: Pick<FetchableModel, 'bytes'>,
  weightBytesPerSecond: number,
): number {
  return weightBytesPerSecond / bytes;
}
