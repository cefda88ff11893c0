import type { AroundReading } from './fuzz-target.ts';

/** Builtins that code calls as it reads. */
const builtins: readonly (readonly [owner: object, name: string])[] = [
  ...['replace', 'split', 'slice', 'trim', 'toLowerCase', 'startsWith'].map(
    (name) => [String.prototype, name] as const,
  ),
  ...['map', 'filter', 'flatMap', 'find', 'some', 'every', 'push', 'join'].map(
    (name) => [Array.prototype, name] as const,
  ),
  ...['subarray', 'slice', 'toString', 'readUInt32BE', 'readUInt16BE'].map(
    (name) => [Buffer.prototype, name] as const,
  ),
  [Map.prototype, 'get'],
  [Object, 'entries'],
  [JSON, 'parse'],
];
const ownMistakes = new URL('../../src/', import.meta.url).href;
/** Targets whose reading calls no builtin, or belongs to a library whose errors are expected: it can only be slow. */
const slowMistakes = [
  'tool-arguments',
  'custom-ids',
  'opus-toc',
  'voice-gateway-json',
  'voice-gateway-binary',
  'dave',
];
const slowMs = 60;

/** A fault in what this target reads by. */
export function plantMistake(target: string): AroundReading {
  return slowMistakes.includes(target) ? makeSlow : plantBuiltins();
}

async function makeSlow<Result>(read: () => Promise<Result>) {
  const usageBefore = process.threadCpuUsage();
  while (process.threadCpuUsage(usageBefore).user < slowMs * 1_000);
  return await read();
}

/** Lets a builtin fail while inputs are read: its first call for one input, the second for the next, and so on. */
function plantBuiltins(): AroundReading {
  let inputs = 0;
  return async (read) => {
    const failing = 1 + (inputs++ % 30);
    let calls = 0;
    const restored = builtins.map(([owner, name]) => {
      const builtin: unknown = Reflect.get(owner, name);
      if (typeof builtin !== 'function') throw new Error(`There is no ${name}.`);
      function mistakeCall(this: unknown, ...args: unknown[]) {
        if (isCalledByOurCode() && ++calls === failing) throw new TypeError('planted');
        return Reflect.apply(builtin as () => unknown, this, args);
      }
      Reflect.set(owner, name, mistakeCall);
      return () => Reflect.set(owner, name, builtin);
    });
    try {
      return await read();
    } finally {
      for (const restore of restored) restore();
    }
  };
}

/** Whether code of ours called the builtin from which this is asked. */
function isCalledByOurCode() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 3;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack.lastIndexOf(ownMistakes) > stack.lastIndexOf('\n');
}
