import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { basename, dirname, join } from 'node:path';
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
const oomScorePath = '/proc/self/oom_score_adj';
/** The environment of the bot holds keys. */
const childEnvironment = { UV_THREADPOOL_SIZE: '1', NODE_COMPILE_CACHE: compiled };

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Lists where the code of the bot in `folder` lies. Its `.env` and data lie beside it, and `/proc` tells the environment of the bot. */
export function listCodePaths(folder: string): readonly string[] {
  const own = ['src', 'dist', 'node_modules', 'package.json'].map((name) =>
    join(folder, name),
  );
  // Installed as a package, as npx does, it has its libraries beside itself.
  const around = dirname(folder);
  return basename(around) === 'node_modules' ? [...own, around] : own;
}

const codePaths = listCodePaths(root);

/** Rights of a child beside computing. */
export interface ChildOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Files and folders that it reads beside the code, or `*`. Default: none. */
  readonly reads?: readonly string[];
  /** It may start programs until it calls `dropProgramRight`. Default: never. */
  readonly startsPrograms?: boolean | undefined;
}

/**
 * Starts a program that calls `openChildPort`. Its JavaScript reads the code and what `reads` names, writes no file, and
 * starts no program. Libraries in machine code are not held by this: https://nodejs.org/docs/latest-v24.x/api/permissions.html
 * Undefined if the system has no room.
 */
export function forkChild(
  entry: URL,
  flags: readonly string[],
  { environment, reads = [], startsPrograms = false }: ChildOptions = {},
): ChildProcess | undefined {
  try {
    return fork(entry, [], {
      env: { ...childEnvironment, ...environment },
      execArgv: [
        ...flags,
        ...listPermissions([fileURLToPath(entry), ...codePaths, ...reads]),
        ...(startsPrograms ? ['--allow-child-process'] : []),
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

/** The rights of a start, of which `openChildPort` drops all but reading and libraries. */
function listPermissions(readable: readonly string[]) {
  return [
    '--permission',
    '--allow-addons',
    '--allow-worker',
    `--allow-fs-write=${compiled}`,
    `--allow-fs-write=${oomScorePath}`,
    ...readable.map((path) => `--allow-fs-read=${path}`),
  ];
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
  dropStartRights();
  return (answer) => void process.send?.(answer, () => undefined); // the bot is gone, and so is this process
}

/** Rights are dropped by Node 24.21, of which the types know nothing, and kept by some before it. */
type DroppedRights = { drop?(right: 'child' | 'fs.write' | 'worker'): void };

/** A thread of its own would have all rights, so none can be started once the watch runs. */
function dropStartRights() {
  const rights = process.permission as unknown as DroppedRights | undefined;
  rights?.drop?.('fs.write');
  rights?.drop?.('worker');
}

/** Gives the right to start programs up, once a library has tried what this machine can run. */
export function dropProgramRight(): void {
  const rights = process.permission as unknown as DroppedRights | undefined;
  rights?.drop?.('child');
}

/** Lets the system end this child before the bot when memory runs out. */
function offerToOomKiller() {
  try {
    writeFileSync(oomScorePath, '1000');
  } catch {
    // only Linux has it
  }
}
