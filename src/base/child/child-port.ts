import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * A thread that kills the process once its standard input closes, as the bot ends. A
 * hanging model blocks only its own thread.
 */
const parentWatch = `
new (require('node:net').Socket)({ fd: 0 })
  .resume()
  .on('close', () => process.kill(process.pid, 'SIGKILL'));
`;
const watchLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 };
/** The bot ends its children itself, so they ignore signals of its group. */
const groupSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Stripping types and compiling is more than half of a start. */
const compiled = fileURLToPath(
  new URL('../../../node_modules/.cache/parley', import.meta.url),
);
/** The environment of the bot holds keys. */
const childEnvironment = { UV_THREADPOOL_SIZE: '1', NODE_COMPILE_CACHE: compiled };

/** Starts a program that calls `openChildPort`. Undefined if the system has no room. */
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

/** Connects a child process to the bot. Returns the function that answers. */
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

/** Lets the system end this child before the bot when memory runs out. */
function offerToOomKiller() {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // only Linux has it
  }
}
