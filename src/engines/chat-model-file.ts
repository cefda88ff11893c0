import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { neverAborted } from '#src/base/bounded-wait.ts';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import {
  defaultHost,
  type FetchableModel,
  findFetchableModel,
} from '#src/downloads/catalogue.ts';
import { mostAnswerTokens } from '#src/spending/reservation.ts';
import type { Engine } from './engine.ts';

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

/** A chat model of this machine. The library that runs it is installed at the first start. */
export const chatModelFile: Engine<'chat'> = {
  role: 'chat',
  name: 'file',
  about: 'a model on this machine',
  price: 'free',
  settings: { CHAT_MODEL_FILE: fileSetting, LOCAL_MODEL_HOST: hostSetting },
  async open({ dataDir = './data', own }) {
    const { installChatLibrary } = await import('#src/downloads/install-library.ts');
    const { LocalChat } = await import('#src/chat/local/local-chat.ts');
    const named = `${own.CHAT_MODEL_FILE}`;
    const known = findFetchableModel(named);
    const file = known ? resolve(dataDir, 'models', `${named}.gguf`) : resolve(named);
    if (known && !existsSync(file)) await fetchModel(known, file, own.LOCAL_MODEL_HOST);
    if (!existsSync(file)) throw createMissingError(file);
    const fileBytes = statSync(file).size;
    const needed = known?.memoryBytes ?? memoryPerFileByte * fileBytes;
    const chat = new LocalChat({
      file,
      libraryFolder: await installChatLibrary(
        resolve(dataDir),
        {},
        AbortSignal.timeout(600_000),
      ),
      maxTokens: mostAnswerTokens,
      maxResidentBytes: Math.max(minResidentBytes, memoryTolerance * needed),
    });
    await chat.load();
    return { ...chat.model, [Symbol.asyncDispose]: () => chat[Symbol.asyncDispose]() };
  },
};

/** Fetches a model at the first start. It is checked before it is used. */
async function fetchModel(
  { bytes, path, sha256 }: FetchableModel,
  file: string,
  host: unknown,
) {
  const { fetchFile } = await import('#src/downloads/fetch-file.ts');
  const base = typeof host === 'string' ? host.replace(/\/$/, '') : defaultHost;
  const wanted = { url: `${base}/${path}`, path: file, bytes, sha256 };
  await fetchFile(wanted, { clock: realClock }, neverAborted);
}

function createMissingError(file: string) {
  return new BotError(
    'speech.failed',
    false,
    `CHAT_MODEL_FILE: ${file} is not there. Fetch it, or correct the path.`,
  );
}
