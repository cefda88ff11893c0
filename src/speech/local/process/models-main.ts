/** Program of the model process: runs jobs of `LocalModels`, one queue for each kind. */

import { readdir } from 'node:fs/promises';
import { openChildPort } from '#src/base/child/child-port.ts';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import type {
  FromModels,
  JobKind,
  LocalModelRequest,
  PerformJob,
  ToModels,
} from '#src/speech/local/model-jobs.ts';
import { loadRuntime } from './sessions.ts';

const modelKinds = {
  'end-of-turn': {
    content: 'model of turns, an .onnx',
    endings: ['.onnx'],
    open: async (folder: string) =>
      (await import('./smart-turn.ts')).openSmartTurn(folder),
  },
  speak: {
    content: 'Piper voice, an .onnx and its .onnx.json',
    endings: ['.onnx', '.onnx.json'],
    open: async (folder: string) => (await import('./piper.ts')).openPiper(folder),
  },
  transcribe: {
    content: 'Whisper model: encoder.onnx, decoder.onnx and tokens.txt',
    endings: ['encoder.onnx', 'decoder.onnx', 'tokens.txt'],
    open: async (folder: string) => (await import('./whisper.ts')).openWhisper(folder),
  },
};

const models = new Map<string, Promise<PerformJob<JobKind>>>();
const queues = new Map<JobKind, Promise<void>>();
const running = new Map<number, AbortController>();

const send = openChildPort<ToModels, FromModels>(({ ask, id }) => {
  if (ask === 'drop') return running.get(id)?.abort();
  const controller = new AbortController();
  running.set(id, controller);
  const previousJob = queues.get(ask.kind) ?? Promise.resolve();
  queues.set(
    ask.kind,
    previousJob.then(() => runJob(id, ask, controller.signal)),
  );
});

async function runJob(
  id: number,
  { folder, job, kind }: LocalModelRequest,
  signal: AbortSignal,
) {
  try {
    if (!job) await beginLoading(kind, folder);
    else if (!signal.aborted) {
      const model = await getModel(kind, folder);
      for await (const value of model(job, signal)) send({ id, kind: 'out', value });
    }
    send({ id, kind: 'completed' });
  } catch (error) {
    const code = error instanceof BotError ? error.code : 'speech.failed';
    send({ id, kind: 'failed', code, message: getErrorMessage(error) });
  } finally {
    running.delete(id);
  }
}

/** Checks the runtime and the folder, and begins to load a model. */
async function beginLoading(kind: JobKind, folder: string) {
  await loadRuntime();
  const { content, endings } = modelKinds[kind];
  const names = await readdir(folder).catch(() => []);
  const isThere = endings.every((ending) =>
    names.some((name) => name.endsWith(ending)),
  );
  if (!isThere)
    throw new BotError('speech.failed', false, `${folder} holds no ${content}.`);
  // The bot starts while the model loads.
  getModel(kind, folder).catch(() => undefined);
}

/** Loads a model once, and again after a failure. */
function getModel(kind: JobKind, folder: string) {
  const key = `${kind} ${folder}`;
  const loaded = models.get(key);
  if (loaded) return loaded;
  const loading = modelKinds[kind].open(folder) as Promise<PerformJob<JobKind>>;
  models.set(key, loading);
  loading.catch(() => models.delete(key));
  return loading;
}
