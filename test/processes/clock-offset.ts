// Loaded into a bot by `--import …/clock-offset.ts?ms=3600000`: its wall clock is ahead by that much, in its threads, too.
import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { type WorkerOptions } from 'node:worker_threads';

const aheadMs = Number(new URL(import.meta.url).searchParams.get('ms'));
const RealDate = Date;
const now = () => RealDate.now() + aheadMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});

const { Worker } = workerThreads;
workerThreads.Worker = class extends Worker {
  constructor(entry: string | URL, options: WorkerOptions = {}) {
    const execArgv = [...(options.execArgv ?? process.execArgv), '--import', import.meta.url];
    super(entry, { ...options, execArgv });
  }
};
syncBuiltinESMExports();
