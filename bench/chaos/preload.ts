// Loaded into the bot by --import: moves its wall clock, slows its store, holds its event loop and measures it, when told to.
import { syncBuiltinESMExports } from 'node:module';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import workerThreads, {
  getEnvironmentData,
  isMainThread,
  setEnvironmentData,
  type WorkerOptions,
} from 'node:worker_threads';
import type { Measures, PreloadOrder } from './order.ts';

const { DatabaseSync, StatementSync } = process.getBuiltinModule('node:sqlite');
const key = 'parley-chaos';
const places = { clockMs: 0, diskMs: 1 };

/** All threads look at it. */
const shared = sharedState();
slowStore();
stepClock();
if (isMainThread) {
  bringWorkersAlong();
  obey();
}

function sharedState(): Float64Array {
  const known = getEnvironmentData(key);
  if (known instanceof SharedArrayBuffer) return new Float64Array(known);
  const buffer = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT);
  setEnvironmentData(key, buffer);
  return new Float64Array(buffer);
}

function stepClock(): void {
  const RealDate = Date;
  const now = () => RealDate.now() + (shared[places.clockMs] ?? 0);
  const moved = new Proxy(RealDate, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
  globalThis.Date = moved;
}

/** Makes each sync of the disk take that much longer, and blocks the writer. */
function slowStore(): void {
  const wait = () => {
    const delayMs = shared[places.diskMs] ?? 0;
    if (delayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
  };
  DatabaseSync.prototype.exec = new Proxy(DatabaseSync.prototype.exec, {
    apply(target, self, given: [string]) {
      if (/^\s*commit/i.test(given[0])) wait();
      return Reflect.apply(target, self, given);
    },
  });
  StatementSync.prototype.run = new Proxy(StatementSync.prototype.run, {
    apply(target, self, given) {
      wait();
      return Reflect.apply(target, self, given);
    },
  });
}

/** Threads of the bot begin with no flags of their own; these get this file, too. */
function bringWorkersAlong(): void {
  const { Worker } = workerThreads;
  workerThreads.Worker = class extends Worker {
    constructor(entry: string | URL, options: WorkerOptions = {}) {
      const execArgv = [...(options.execArgv ?? process.execArgv), '--import', import.meta.url];
      super(entry, { ...options, execArgv });
    }
  };
  syncBuiltinESMExports();
}

function obey(): void {
  process.on('message', (order: PreloadOrder) => {
    if (order.do === 'clock') shared[places.clockMs] = order.offsetMs;
    else if (order.do === 'disk') shared[places.diskMs] = order.delayMs;
    else if (order.do === 'hold') hold(order.forMs);
    else process.send?.(measures());
  });
  process.channel?.unref();
}

/** Holds the event loop of this thread, as a long computation does. */
function hold(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
}

function measures(): Measures {
  globalThis.gc?.();
  const { arrayBuffers, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const listeners = process
    .eventNames()
    .reduce((sum, name) => sum + process.listenerCount(name), 0);
  return {
    heapBytes: getHeapStatistics().used_heap_size,
    codeBytes: codeBytes(),
    externalBytes: external,
    arrayBufferBytes: arrayBuffers,
    resources,
    listeners,
  };
}

function codeBytes(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => /code|trusted/.test(name))
    .reduce((sum, { space_used_size: used }) => sum + used, 0);
}
