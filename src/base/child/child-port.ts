import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Code of a thread that kills the process once its standard input is closed: the system closes it when the bot ends,
 * however that ends. A thread, since a decoder or a model that hangs lets no other code of its own thread run.
 */
const parentWatch = `
new (require('node:net').Socket)({ fd: 0 })
  .resume()
  .on('close', () => process.kill(process.pid, 'SIGKILL'));
`;
/** Heap of that thread, in MB. */
const watchLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 };
/** Signals that are sent to the bot's whole group; the bot ends its children itself when it is done with them. */
const groupSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Compiled modules are kept where the bot's are: stripping types and compiling is more than half of a start. */
const compiled = fileURLToPath(
  new URL('../../../node_modules/.cache/parley', import.meta.url),
);
/** None of the bot's own environment, which holds its keys. */
const childEnvironment = { UV_THREADPOOL_SIZE: '1', NODE_COMPILE_CACHE: compiled };

/** Starts a program of ours that calls `openChildPort`. Undefined where the system has no room for another process. */
export function forkChild(
  entry: URL,
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess | undefined {
  try {
    return fork(entry, [], {
      env: { ...childEnvironment, ...environment },
      execArgv: [
        ...flags,
        '--max-semi-space-size=1',
        '--v8-pool-size=1',
        '--disable-sigusr1',
      ],
      serialization: 'advanced',
      windowsHide: true,
      stdio: ['pipe', 'ignore', 'ignore', 'ipc'], // it watches the first for the bot's end
    });
  } catch {
    return undefined;
  }
}

/** Opens the connection of a child process to the bot; returns the function that sends an answer. */
export function openChildPort<ToChild, FromChild>(
  receive: (message: ToChild) => void,
): (answer: FromChild) => void {
  offerToOomKiller();
  for (const signal of groupSignals) process.on(signal, () => undefined);
  const bare = { env: {}, execArgv: [], resourceLimits: watchLimits };
  new Worker(parentWatch, { eval: true, ...bare }).unref();
  process.on('message', receive);
  flushCompileCache(); // this process is killed, not ended
  return (answer) => void process.send?.(answer, () => undefined); // the bot is gone, and so is this process
}

/** Makes the system end a child before the bot where memory runs out. */
function offerToOomKiller() {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // only Linux has it
  }
}
