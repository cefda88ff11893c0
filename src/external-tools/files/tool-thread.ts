import { Worker } from 'node:worker_threads';
import { BotError } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { FromTool, ToolWork } from './tool-messages.ts';

/** Heap of a thread, in MB; what lies outside the heap, as buffers do, is not counted. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };
const entry = new URL('./tool-worker.ts', import.meta.url);

/**
 * Has a thread of its own import one file of the operator, and run it where it is given arguments; the thread ends with it.
 *
 * It has no environment, no arguments and no handle on anything of the bot. Errors: BotError `tool.threw`, `tool.crashed`.
 * Aborting `signal` throws `signal.reason`, and ends the thread whatever it does.
 */
export async function runToolThread(work: ToolWork, signal: AbortSignal): Promise<FromTool> {
  signal.throwIfAborted();
  const isCall = work.given !== undefined;
  const bare = { env: {}, argv: [], execArgv: [], stdin: false, stdout: true, stderr: true };
  const worker = new Worker(entry, { workerData: work, ...bare, resourceLimits });
  const { promise, resolve, reject } = Promise.withResolvers<FromTool>();
  worker.once('message', resolve);
  worker.once('error', (cause) => reject(diedOf(cause, isCall)));
  worker.once('exit', () => {
    reject(new BotError('tool.crashed', true, 'A function of the operator ended its thread.'));
  });
  worker.stdout.resume();
  worker.stderr.resume();
  try {
    const message = await unlessAborted(promise, signal);
    if (message.kind === 'threw') throw threw(isCall ? 'it threw' : message.why);
    return message;
  } finally {
    await worker.terminate();
  }
}

function diedOf(cause: Error, isCall: boolean): BotError {
  const isFull = 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (isFull) return threw('it took too much memory');
  return threw(isCall ? 'it threw' : cause.message);
}

/** What it says of a call may hold words of people, which no log does; what it says before is only about itself. */
function threw(why: string): BotError {
  return new BotError('tool.threw', false, `A function of the operator failed: ${why}.`);
}
