import { admitError } from '#src/base/logged-text.ts';
/** Program of the model process: runs jobs of `LocalModels`, the latest of them first. */

import { readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { openChildPort } from '#src/base/child/child-port.ts';
import { BotError } from '#src/base/errors.ts';
import type {
  FromModels,
  JobKind,
  LocalModelRequest,
  PerformJob,
  ThreadTurn,
  ToModels,
} from '#src/speech/local/model-jobs.ts';
import { loadRuntime } from './sessions.ts';

const modelKinds = {
  'end-of-turn': {
    content: 'model of turns, an .onnx and its head.json',
    endings: ['.onnx', 'head.json'],
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
/** A job that has begun. */
class RunningJob implements ThreadTurn {
  readonly id: number;
  readonly #controller = new AbortController();

  constructor(id: number) {
    this.id = id;
  }

  /** Notes that nobody wants the result. */
  stop(): void {
    this.#controller.abort();
  }

  /** Waits until no later job runs. Throws once nobody wants the result. */
  async waitForThread(): Promise<void> {
    await setImmediate(); // Messages that arrived in a run are read.
    while (running.at(-1) !== this) await jobEnd.promise;
    this.#controller.signal.throwIfAborted();
  }
}

/** Running jobs in the order in which they began. The bot begins a job beside others only if it goes before them. */
const running: RunningJob[] = [];
let jobEnd = Promise.withResolvers<void>();

const send = openChildPort<ToModels, FromModels>(({ ask, id }) => {
  if (ask === 'drop') running.find((job) => job.id === id)?.stop();
  else void answerRequest(id, ask);
});

async function answerRequest(id: number, { folder, job, kind }: LocalModelRequest) {
  try {
    const value = await (job
      ? runJob(id, kind, folder, job)
      : beginLoading(kind, folder));
    send({ id, kind: 'completed', value });
  } catch (error) {
    const code = error instanceof BotError ? error.code : 'speech.failed';
    send({ id, kind: 'failed', code, message: admitError(error) });
  }
}

async function runJob(
  id: number,
  kind: JobKind,
  folder: string,
  work: NonNullable<LocalModelRequest['job']>,
) {
  const job = new RunningJob(id);
  running.push(job);
  try {
    const model = await getModel(kind, folder);
    return await model(work, job);
  } finally {
    running.splice(running.indexOf(job), 1);
    jobEnd.resolve();
    jobEnd = Promise.withResolvers();
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
