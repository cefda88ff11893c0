// Loaded into a program by `NODE_OPTIONS=--import=…/process-clock.ts?…` of shared-time.ts: its time passes as it is granted.
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import workerThreads, { type WorkerOptions } from 'node:worker_threads';
import { takeOverClock } from './granted-clock.ts';

const given = new URL(import.meta.url).searchParams;
const { Worker } = workerThreads;

const [untilMs, lagMs] = [Number(given.get('untilMs')), Number(given.get('lagMs'))];
const clock = takeOverClock({ untilMs, lagMs });
const socket = connect(Number(given.get('port')), '127.0.0.1')
  .setNoDelay(true)
  .unref();
socket.write(`${given.get('name')}\n`);
const lines = createInterface({ input: socket }).on('error', () => undefined);
lines.on('line', (line) => {
  clock.grant(JSON.parse(line));
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
      isEngine ? { ...options, execArgv: [...execArgv, '--import', import.meta.url] } : options,
    );
  }
};
syncBuiltinESMExports();
