import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import { formatSize, readFreeBytes } from '#src/base/disk.ts';
import {
  estimateTokensPerSecond,
  type FetchableModel,
  fetchableModels,
  fitsMachine,
  type MachineRoom,
} from '#src/downloads/catalogue.ts';
import { removeFetched } from '#src/downloads/fetch-file.ts';
import { removeChatLibrary } from '#src/downloads/install-library.ts';
import { findModelPlace } from '#src/engines/chat-model-file.ts';
import { clearRole } from './server-roles.ts';
import type { SettingEdits } from './setting-edits.ts';

/** A chat model that Parley can fetch, and run on this machine. */
export type LocalModelOffer = Pick<
  FetchableModel,
  'billions' | 'bytes' | 'languages' | 'licence' | 'memoryBytes' | 'name'
> & {
  /** Estimated by how fast this machine reads memory, in its state of this moment. */
  readonly tokensPerSecond: number;
};

/** Memory and disk of this machine, and the models that fit them. */
export type LocalModelOffers = {
  readonly room: MachineRoom;
  readonly models: readonly LocalModelOffer[];
};

/** Measured numbers: more than any cache holds. */
const measuredNumbers = 8_000_000;
const [measureMs, minRuns] = [300, 3];
const bytesPerNumber = 4;

/**
 * Lists the models that fit the memory and the disk of this machine, the smallest first. `dataDir` is where they would be.
 */
export async function listLocalModelOffers(
  dataDir: string,
  clock: Clock,
): Promise<LocalModelOffers> {
  const diskBytes = await readFreeBytes(resolve(dataDir));
  const room = { memoryBytes: getMemoryBytes(), diskBytes };
  // What is there already takes no more room.
  const roomBeside = { ...room, diskBytes: Number.POSITIVE_INFINITY };
  const fitting = fetchableModels.filter((model) =>
    fitsMachine(model, isModelThere(model, dataDir) ? roomBeside : room),
  );
  if (fitting.length === 0) return { room, models: [] };
  const weightBytesPerSecond = measureWeightSpeed(clock);
  const models = fitting.map((model) => {
    const { billions, bytes, languages, licence, memoryBytes, name } = model;
    const tokens = estimateTokensPerSecond(model, weightBytesPerSecond);
    const tokensPerSecond = Number(Math.max(tokens, 0.1).toPrecision(1));
    return { name, billions, bytes, licence, memoryBytes, languages, tokensPerSecond };
  });
  return { room, models };
}

/** A container may have less than its machine. */
function getMemoryBytes() {
  const bound = process.constrainedMemory();
  return bound > 0 ? Math.min(bound, totalmem()) : totalmem();
}

/**
 * Measures how many bytes of weights a thread takes in a second: a model reads all of its weights for each token, so that this
 * bounds its speed. The best run counts, since other programs disturb the rest.
 */
function measureWeightSpeed(clock: Clock) {
  const numbers = new Float32Array(measuredNumbers).fill(1);
  const endMs = clock.nowMs() + measureMs;
  let bestMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < minRuns || clock.nowMs() < endMs; run++) {
    const startMs = clock.nowMs();
    addNumbers(numbers);
    bestMs = Math.min(bestMs, clock.nowMs() - startMs);
  }
  return (1_000 * bytesPerNumber * measuredNumbers) / Math.max(bestMs, 1);
}

/** Four sums at once, as one would wait for its own last addition. */
function addNumbers(numbers: Float32Array) {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let n = 0; n < numbers.length; n += 4) {
    a += numbers[n] ?? 0;
    b += numbers[n + 1] ?? 0;
    c += numbers[n + 2] ?? 0;
    d += numbers[n + 3] ?? 0;
  }
  return a + b + c + d;
}

/** Notes a model that the bot fetches at its next start, in place of a server for chat. */
export function useLocalModel(edits: SettingEdits, name: string): void {
  clearRole(edits, 'CHAT_COMPLETION');
  edits.set('CHAT_MODEL_FILE', name);
}

/**
 * Removes the file of a model that was fetched, also in part, and the library that runs models once no other one is left. A file of
 * the owner stays.
 */
export async function removeLocalModel(name: string, dataDir: string): Promise<void> {
  const { file, known } = findModelPlace(name, dataDir);
  if (known) await removeFetched(file);
  const isLeft = fetchableModels.some((model) => isModelThere(model, dataDir));
  if (!isLeft) await removeChatLibrary(dataDir);
}

function isModelThere({ name }: FetchableModel, dataDir: string) {
  return existsSync(findModelPlace(name, dataDir).file);
}

/** Describes files of models that were fetched, and that the settings do not name. */
export function describeUnusedModels(edits: SettingEdits): readonly string[] {
  const used = edits.getValue('CHAT_MODEL_FILE');
  return fetchableModels
    .filter((model) => model.name !== used && isModelThere(model, edits.dataDir))
    .map(({ bytes, name }) => {
      const { file } = findModelPlace(name, edits.dataDir);
      return `The chat model ${name} is not used: ${file} takes ${formatSize(bytes)}, and may be removed.`;
    });
}

/** Formats a model for people: `qwen2.5-0.5b: 0.5 GB to fetch, 0.9 GB of memory, ...`. */
export function formatOffer({
  bytes,
  languages,
  licence,
  memoryBytes,
  name,
  tokensPerSecond,
}: LocalModelOffer): string {
  const names = new Intl.DisplayNames(['en'], { type: 'language' });
  const spoken = languages.map((tag) => names.of(tag) ?? tag).join(', ');
  return `${name}: ${formatSize(bytes)} to fetch, ${formatSize(memoryBytes)} of memory, about ${tokensPerSecond} tokens a second here, ${licence}; ${spoken}`;
}

/** Formats what this machine has. */
export function formatRoom({ diskBytes, memoryBytes }: MachineRoom): string {
  return `This machine has ${formatSize(memoryBytes)} of memory, and ${formatSize(diskBytes)} are free where models go. A fetch needs twice the file. Tokens a second are estimated by how fast this machine reads memory now.`;
}
