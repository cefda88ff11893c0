import type { Profiler } from 'node:inspector';
import { measureParts } from './cost-parts.ts';
import { formatCpuReport, formatPairs } from './cpu-report.ts';
import type { CpuReading } from './cpu-rows.ts';

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
      ['encode', 'file:///bot/src/audio/opus/opus-codec.ts', 1],
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

function makeReading(cpu: number): CpuReading {
  return {
    row: { name: 'talk', channels: 1, people: 1, load: 'turns' },
    parts: [],
    machine: { others: 0, stolen: 0 },
    bots: [
      {
        label: 'bot',
        minutes: 1,
        cpu,
        mainCpu: 0,
        modelsCpu: 0.5,
        wakeUps: 0,
        mainWakeUps: 0,
        residentMb: { botMb: 200, modelsMb: 150 },
        grownMb: 0,
        peopleCpu: 0,
        serversCpu: 0,
        people: {
          seats: 11,
          answerMs: [],
          asked: 10,
          failed: 0,
          sentPackets: 0,
          latePackets: 0,
          heardPackets: 0,
        },
      },
    ],
  };
}

test('readings in turns are compared by their medians, whatever one of them says', () => {
  const [, first = '', second = ''] = formatPairs([
    [4, 9, 3].map(makeReading),
    [2, 3, 1].map(makeReading),
  ]).split('\n');
  expect(first.split(/ {2,}/).slice(2, 5)).toEqual(['4.00', '1.00', '0.50']);
  expect(second.split(/ {2,}/).slice(2, 5)).toEqual(['2.00', '0.50', '0.50']);
});

test('a row tells how many of its channels the bot refused', () => {
  const reading = makeReading(4);
  const asked = { ...reading, row: { ...reading.row, channels: 16 } };
  expect(formatCpuReport([asked])).toContain('sits in 11 of 16 channels');
  expect(formatCpuReport([reading])).not.toContain('sits in');
});
