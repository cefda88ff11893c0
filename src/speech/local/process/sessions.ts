import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import { checkModelFile } from './model-files.ts';

/** Runs a model once. Names of inputs and outputs are those of its file. */
export type RunModel = (
  inputs: Readonly<Record<string, Tensor>>,
) => Promise<Readonly<Record<string, Tensor>>>;

/**
 * One thread without spinning, since voices need the processors. Two threads were slower on two
 * shared cores. Without the arena memory is given back.
 */
const defaultOptions: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
  logSeverityLevel: 3,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
};

/** Loads ONNX Runtime. Throws BotError `speech.failed` where it has no binary. */
export async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    const reason = getErrorMessage(cause).split('\n', 1)[0];
    const message = `ONNX Runtime does not load on this system (${reason}), so hearing and speaking need TRANSCRIPTION_BASE_URL and SPEECH_BASE_URL.`;
    throw new BotError('speech.failed', false, message, cause);
  }
}

/** Opens a model file. Throws BotError `speech.failed`. */
export async function openModel(
  file: string,
  options: InferenceSession.SessionOptions = {},
): Promise<RunModel> {
  const { InferenceSession } = await loadRuntime();
  try {
    await access(file);
    await checkModelFile(file);
    const session = await InferenceSession.create(file, {
      ...defaultOptions,
      ...options,
    });
    return async (inputs) => await session.run(inputs);
  } catch (cause) {
    if (cause instanceof BotError) throw cause;
    const message = `${basename(file)} cannot be read as a model: ${getErrorMessage(cause)}`;
    throw new BotError('speech.failed', false, message, cause);
  }
}
