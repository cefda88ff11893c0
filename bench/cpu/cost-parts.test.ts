import type { Profiler } from 'node:inspector';
import { measureParts } from './cost-parts.ts';

function makeProfile(
  frames: readonly (readonly [name: string, url: string, samples: number])[],
): Profiler.Profile {
  const lines = { scriptId: '0', lineNumber: 0, columnNumber: 0 };
  const nodes = frames.map(([functionName, url], n) => ({
    id: n + 1,
    callFrame: { functionName, url, ...lines },
    // Each calls the next.
    children: n + 1 < frames.length ? [n + 2] : [],
  }));
  const samples = frames.flatMap(([, , count], n) => Array(count).fill(n + 1));
  return {
    nodes,
    samples,
    timeDeltas: samples.map(() => 500),
    startTime: 0,
    endTime: samples.length * 500,
  };
}

test('the time of a profile is split by whose code runs, idle time aside', () => {
  const { shares, functions } = measureParts(
    makeProfile([
      ['(idle)', '', 80],
      ['step', 'file:///bot/src/conversation/machine/step.ts', 8],
      ['fetch', 'node:internal/deps/undici/undici', 4],
      ['writev', '', 2],
      ['encode', 'file:///bot/src/audio/opus/load-opus.ts', 1],
      ['OpusEncoder', '', 1],
      ['(garbage collector)', '', 4],
    ]),
  );
  expect(Object.fromEntries(shares)).toEqual({
    Parley: 0.4,
    HTTP: 0.3,
    codec: 0.1,
    V8: 0.2,
    crypto: 0,
    'discord.js': 0,
    'native code': 0,
    rest: 0,
  });
  expect(functions[0]).toEqual(['step machine/step.ts', 0.4]);
});
