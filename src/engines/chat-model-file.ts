import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { realClock } from '#src/base/clock.ts';
import { formatSize } from '#src/base/disk.ts';
import { BotError } from '#src/base/errors.ts';
import type { ArrivingChat } from '#src/chat/local/arriving-chat.ts';
import type { LocalModelState } from '#src/chat/local/local-model-state.ts';
import {
  defaultHost,
  type FetchableModel,
  findFetchableModel,
} from '#src/downloads/catalogue.ts';
import { deadProcessHabit } from '#src/speech/local/local-models.ts';
import { mostAnswerTokens } from '#src/spending/reservation.ts';
import type { Engine, EngineSettings, OpenEngines } from './engine.ts';

/** Memory of a model whose needs nobody has listed, for each byte of its file. */
const memoryPerFileByte = 3;
/** Memory beyond which the process starts anew, for each byte that the model is said to need. */
const memoryTolerance = 1.5;
const minResidentBytes = 1_500_000_000;

const fileSetting = z
  .string()
  .trim()
  .min(1)
  .optional()
  .describe(
    'Chat model that runs on this machine, in place of a server: the path of a GGUF file, like ./data/models/mine.gguf, or a name of docs/providers.md; empty: none',
  );

const hostSetting = z
  .url({
    protocol: /^https?$/,
    error: 'must be an address like https://mirror.example.org',
  })
  .optional()
  .describe(
    'Address of a mirror from which models and voices are fetched, with the paths of the original; empty: https://huggingface.co',
  );

/**
 * A chat model of this machine. What is missing, of the file and the library that runs it, is fetched while the bot runs: until
 * then the stand-in answers, or the fallback if there is one.
 */
export const chatModelFile: Engine<'chat'> = {
  role: 'chat',
  name: 'file',
  about: 'a model on this machine',
  price: 'free',
  settings: { CHAT_MODEL_FILE: fileSetting, LOCAL_MODEL_HOST: hostSetting },
  async open({ dataDir = './data', hasFallback, isTrial, onModelState, own, report }) {
    const { getLibraryFolder } = await import('#src/downloads/install-library.ts');
    const { ArrivingChat } = await import('#src/chat/local/arriving-chat.ts');
    const place = findModelPlace(`${own.CHAT_MODEL_FILE}`, dataDir);
    const isThere = isModelThere(place);
    const hasLibrary = existsSync(getLibraryFolder(place.dataDir));
    if (!isThere && !place.known) throw createMissingError(place);
    if (isTrial) throwIfMissing(place, hasLibrary);
    else await removeRubbish(place);
    // A trial fetches nothing.
    const isReady = isTrial || (isThere && (await isModelChecked(place)));
    const preparation = { ...place, host: own.LOCAL_MODEL_HOST, isReady, report };
    const arriving = new ArrivingChat({
      prepare: (onState, signal) => prepareChat({ ...preparation, onState }, signal),
      standIn: hasFallback || isTrial ? undefined : await createArrivalStandIn(),
      onState: onModelState,
    });
    // What is there is used from the first question on.
    if (isTrial) await arriving.waitUntilLoaded();
    else if (isReady && hasLibrary) await arriving.waitForArrival();
    return Object.assign(toOpened(arriving), {
      [Symbol.asyncDispose]: () => arriving[Symbol.asyncDispose](),
    });
  },
};

/** Whoever only tries the settings has to find all of it. */
function throwIfMissing(place: ModelPlace, hasLibrary: boolean) {
  if (!isModelThere(place)) throw createMissingError(place);
  if (!hasLibrary)
    throw createMissingError({ ...place, file: 'The library that runs chat models' });
}

function toOpened(arriving: ArrivingChat): OpenEngines['chat'] {
  return {
    ...arriving.model,
    getLocalState: () => arriving.state,
    forgetTalks: () => arriving.forgetTalks(),
    stopLocalModel: () => arriving.stop(),
  };
}

/** Where a model of the settings is, or will be. */
export type ModelPlace = {
  readonly file: string;
  readonly dataDir: string;
  /** The model that can be fetched. Undefined for a file of the owner. */
  readonly known: FetchableModel | undefined;
};

/** Finds the file that `CHAT_MODEL_FILE` names by its path, or by the name of a model that can be fetched. */
export function findModelPlace(named: string, dataDir: string): ModelPlace {
  const known = findFetchableModel(named);
  const file = known ? resolve(dataDir, 'models', `${named}.gguf`) : resolve(named);
  return { file, dataDir: resolve(dataDir), known };
}

/** Returns the memory beyond which the process of a model starts anew, in bytes. */
export function getMemoryBound({ file, known }: ModelPlace): number {
  const needed = known?.memoryBytes ?? memoryPerFileByte * statSync(file).size;
  return Math.max(minResidentBytes, memoryTolerance * needed);
}

/** A file of another size is fetched again, whoever has put it there. */
function isModelThere({ file, known }: ModelPlace) {
  return existsSync(file) && (!known || statSync(file).size === known.bytes);
}

/** A file that has changed since it was fetched is read again, and fetched if it is another one. */
async function isModelChecked({ file, known }: ModelPlace) {
  if (!known) return true;
  const { isFetched } = await import('#src/downloads/fetch-file.ts');
  return await isFetched({ ...known, path: file });
}

/** Parts of models that were chosen before, and that nobody goes on with. */
async function removeRubbish({ file, known }: ModelPlace) {
  if (!known) return;
  const { removeOldParts } = await import('#src/downloads/claim-part.ts');
  await removeOldParts(dirname(file), realClock);
}

type Preparation = ModelPlace &
  Pick<EngineSettings, 'report'> & {
    readonly host: unknown;
    /** Nothing of the file has to be fetched or read. */
    readonly isReady: boolean;
    readonly onState: (state: LocalModelState) => void;
  };

/** Fetches what is missing, and begins to load the model. */
async function prepareChat(
  { host, isReady, onState, report, ...place }: Preparation,
  signal: AbortSignal,
) {
  const { dataDir, file, known } = place;
  if (known && !isReady) await fetchModel(known, { file, host, onState }, signal);
  const { getLibraryFolder, installChatLibrary } = await import(
    '#src/downloads/install-library.ts'
  );
  if (!existsSync(getLibraryFolder(dataDir))) onState({ kind: 'installing' });
  const libraryFolder = await installChatLibrary(dataDir, {}, signal);
  const { LocalChat } = await import('#src/chat/local/local-chat.ts');
  const chat = new LocalChat({
    file,
    libraryFolder,
    maxTokens: mostAnswerTokens,
    maxResidentBytes: getMemoryBound(place),
    onDeath: () => report?.(deadProcessHabit),
  });
  try {
    await chat.load();
    return chat;
  } catch (error) {
    await chat[Symbol.asyncDispose]();
    throw error;
  }
}

/** Fetches a model, which is checked before it is used. */
async function fetchModel(
  { bytes, path, sha256 }: FetchableModel,
  { file, host, onState }: Pick<Preparation, 'file' | 'host' | 'onState'>,
  signal: AbortSignal,
) {
  onState({ kind: 'fetching', doneBytes: 0, bytes, leftMs: undefined });
  const { fetchFile } = await import('#src/downloads/fetch-file.ts');
  const base = typeof host === 'string' ? host.replace(/\/$/, '') : defaultHost;
  await fetchFile(
    { url: `${base}/${path}`, path: file, bytes, sha256 },
    {
      clock: realClock,
      onProgress: (progress) => onState({ kind: 'fetching', ...progress }),
    },
    signal,
  );
}

/** The stand-in, for people who ask before the model is there. */
async function createArrivalStandIn() {
  const { createStandIn } = await import('#src/chat/chat-stand-in-model.ts');
  const { wallMs } = realClock;
  return createStandIn({ wallMs, random: Math.random, botName: '' });
}

function createMissingError({ file, known }: Pick<ModelPlace, 'file' | 'known'>) {
  const mend = known
    ? `npm start fetches it, ${formatSize(known.bytes)}`
    : 'fetch it, or correct the path';
  return new BotError(
    'speech.failed',
    false,
    `CHAT_MODEL_FILE: ${file} is not there: ${mend}.`,
  );
}
