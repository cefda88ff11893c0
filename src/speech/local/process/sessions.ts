import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import { findWasmRuntime } from '#src/speech/local/folders.ts';
import type { ThreadTurn } from '#src/speech/local/model-jobs.ts';
import { leaveConstantsInFile } from './mapped-constants.ts';
import { checkModelFile } from './model-files.ts';
import { cutModel } from './model-graph.ts';

/** ONNX Runtime. Its two builds have the same functions. */
type Runtime = typeof import('onnxruntime-node');
type WasmRuntime = Runtime & {
  readonly env: { readonly wasm: { numThreads?: number } };
};

/** Runs a model once. Names of inputs and outputs are those of its file. */
export type RunModel = (
  inputs: Readonly<Record<string, Tensor>>,
) => Promise<Readonly<Record<string, Tensor>>>;

/** A part of a model, which is one run. `reads` are names of its inputs. */
export type ModelPart = { readonly reads: readonly string[]; readonly run: RunModel };

/**
 * One thread without spinning, since voices need the processors. Two threads were slower on two
 * shared cores. Without the arena memory is given back. The memory pattern would keep what the longest sound took.
 */
const defaultOptions: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
  enableMemPattern: false,
  logSeverityLevel: 3,
};
const sessionOptions = { intra_op: { allow_spinning: '0' } };
/** Where ONNX Runtime finds the constants that `leaveConstantsInFile` left there. */
const constantsFolder = 'model_external_initializers_file_folder_path';

/**
 * Loads ONNX Runtime, in WebAssembly where the installation found that its library does not load. Throws BotError
 * `speech.failed` without either.
 */
export async function loadRuntime(): Promise<Runtime> {
  // Without this it keeps files of its own for Microsoft, and sends them there.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const wasm = findWasmRuntime();
  try {
    return wasm ? await loadWasmRuntime(wasm) : await import('onnxruntime-node');
  } catch (cause) {
    const reason = getErrorMessage(cause).split('\n', 1)[0];
    const message = `ONNX Runtime does not load on this system (${reason}), so hearing and speaking need npm ci again with a network, or TRANSCRIPTION_BASE_URL and SPEECH_BASE_URL.`;
    throw new BotError('speech.failed', false, message, cause);
  }
}

async function loadWasmRuntime(entry: URL) {
  const runtime: WasmRuntime = await import(entry.href);
  // As with the library; further threads are workers, each with a copy of the program.
  runtime.env.wasm.numThreads = 1;
  return runtime;
}

/** Gives the memory of numbers back that nobody reads any more. V8 sees little of it, so that its own collection would come much later. */
export function freeMemory(view: unknown): void {
  if (ArrayBuffer.isView(view) && view.buffer instanceof ArrayBuffer)
    view.buffer.transfer(0);
}

/** Opens a model file. Throws BotError `speech.failed`. */
export async function openModel(file: string): Promise<RunModel> {
  const [model] = await openSessions(file, (bytes) => [bytes], {});
  if (!model) throw new Error('a model is one session');
  return model.run;
}

/** Opens a model file in parts, cut by `cutModel`. Throws BotError `speech.failed`. */
export async function openModelParts(
  file: string,
  groups: RegExp,
  options: InferenceSession.SessionOptions = {},
): Promise<readonly ModelPart[]> {
  return await openSessions(file, (bytes) => cutModel(bytes, groups), options);
}

/** Runs parts one after another, each in its turn. Returns all values. */
export async function runParts(
  parts: readonly ModelPart[],
  inputs: Readonly<Record<string, Tensor>>,
  turn: ThreadTurn,
): Promise<Readonly<Record<string, Tensor>>> {
  let values = inputs;
  for (const { reads, run } of parts) {
    await turn.waitForThread();
    const wanted = Object.entries(values).filter(([name]) => reads.includes(name));
    values = { ...values, ...(await run(Object.fromEntries(wanted))) };
  }
  return values;
}

/** Reads a model without its constants. WebAssembly maps no files, so that it gets all of it. */
async function readModel(file: string) {
  const bytes = await readFile(file);
  if (findWasmRuntime()) return bytes;
  const graph = leaveConstantsInFile(bytes, basename(file));
  freeMemory(bytes);
  return graph;
}

async function openSessions(
  file: string,
  cut: (file: Uint8Array) => readonly Uint8Array[],
  options: InferenceSession.SessionOptions,
) {
  const { InferenceSession } = await loadRuntime();
  try {
    await checkModelFile(file);
    // ONNX Runtime follows no link out of the folder of constants.
    const modelFile = await realpath(file);
    const parts: ModelPart[] = [];
    for (const part of cut(await readModel(modelFile))) {
      const session = await InferenceSession.create(part, {
        ...defaultOptions,
        ...options,
        extra: {
          session: { ...sessionOptions, [constantsFolder]: dirname(modelFile) },
        },
      });
      const run: RunModel = async (inputs) => await session.run(inputs);
      parts.push({ reads: session.inputNames, run });
    }
    return parts;
  } catch (cause) {
    if (cause instanceof BotError) throw cause;
    const message = `${basename(file)} cannot be read as a model: ${getErrorMessage(cause)}`;
    throw new BotError('speech.failed', false, message, cause);
  }
}
