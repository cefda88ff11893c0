// Loaded into a program by NODE_OPTIONS of shared-time.ts: its time passes as it is granted.
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import workerThreads, { type WorkerOptions } from 'node:worker_threads';
import { type TimeGrant, takeOverClock } from './granted-clock.ts';

const { Worker } = workerThreads;

/** Makes this process a participant, named so, of the time that the server at `port` grants; its engines load `preload`, which calls this. */
export function shareTime(
  name: string,
  port: number,
  grant: TimeGrant,
  preload: string,
) {
  const clock = takeOverClock(grant);
  const socket = connect(port, '127.0.0.1').setNoDelay(true).unref();
  socket.write(`${name}\n`);
  createInterface({ input: socket })
    .on('error', () => undefined)
    .on('line', (line) => {
      clock.grantTime(JSON.parse(line));
      // After what has arrived with it: packets, answers, timers that are due.
      setImmediate(() => socket.write(`${clock.nowMs()}\n`));
    });

  // Threads that compute for long take part, too: an engine's sound comes no later on a slow machine.
  workerThreads.Worker = class extends Worker {
    constructor(entry: string | URL, options: WorkerOptions = {}) {
      const isEngine = `${entry}`.includes('/src/speech/');
      const { execArgv = [] } = options;
      super(
        entry,
        isEngine
          ? { ...options, execArgv: [...execArgv, '--import', preload] }
          : options,
      );
    }
  };
  syncBuiltinESMExports();
}
