import { findPercentile, formatTable } from '#bench/format-table.ts';
import { partNames } from './cost-parts.ts';
import type { CpuReading, CpuRow } from './cpu-rows.ts';
import { type BotReading, findDisturbance, findExhaustion } from './load-reading.ts';

/** Formats a row for each reading. With several bots each has a row, with its CPU time as a multiple of the first one's. */
export function formatCpuReport(readings: readonly CpuReading[]): string {
  const hasSeveral = readings.some(({ bots }) => bots.length > 1);
  const rows = readings.flatMap((reading) =>
    reading.bots.map((bot, n) => {
      const share = bot.cpu / (reading.bots[0] ?? bot).cpu;
      const comparison = hasSeveral ? [bot.label, n === 0 ? '' : share.toFixed(2)] : [];
      const name = n === 0 ? reading.row.name : '';
      return [
        name,
        ...comparison,
        ...formatBotFigures(bot, n, reading, readings),
        formatNote(bot, n, reading),
      ];
    }),
  );
  return formatTable(
    ['', ...(hasSeveral ? ['bot', 'of first'] : []), ...columnNames, ''],
    rows,
  );
}

/** Formats medians of the readings of each checkout by row, their CPU time also as a multiple of the first checkout's. */
export function formatPairs(checkouts: readonly (readonly CpuReading[])[]): string {
  const names = new Set(checkouts.flat().map(({ row }) => row.name));
  const rows = [...names].flatMap((name) => {
    const readings = checkouts.map((ofCheckout) =>
      ofCheckout.filter(({ row }) => row.name === name).flatMap(({ bots }) => bots),
    );
    const firstCpu = findMedian(readings[0] ?? [], readCpu);
    return readings.map((bots) => [
      name,
      bots[0]?.label,
      findMedian(bots, readCpu).toFixed(2),
      (findMedian(bots, readCpu) / firstCpu).toFixed(2),
      findMedian(bots, ({ modelsCpu }) => modelsCpu).toFixed(2),
      findMedian(bots, ({ residentMb }) => residentMb.botMb),
      findMedian(bots, ({ residentMb }) => residentMb.modelsMb),
      findMedian(bots, ({ people, minutes }) => people.asked / minutes).toFixed(1),
      bots.map(({ cpu }) => cpu.toFixed(2)).join(' '),
    ]);
  });
  return formatTable(
    [
      ...['medians', 'bot', 'CPU s/min', 'of first', 'of it models'],
      ...['bot MB', 'models MB', 'turns/min', 'each CPU s/min'],
    ],
    rows,
  );
}

function findMedian(
  bots: readonly BotReading[],
  read: (bot: BotReading) => number,
): number {
  return findPercentile(bots.map(read), 0.5);
}

function readCpu({ cpu }: BotReading) {
  return cpu;
}

/** Formats where the CPU time of each talk goes, in seconds a minute, and the dearest functions of its main thread. */
export function formatCostParts(readings: readonly CpuReading[]): string {
  const measured = readings.flatMap(({ row, bots, parts }) =>
    bots.flatMap((bot, n) => {
      const cost = parts[n];
      return cost ? [{ name: row.name, bot, cost }] : [];
    }),
  );
  if (measured.length === 0) return '';
  const rows = measured.map(({ name, bot, cost }) => {
    const { cpu, mainCpu, modelsCpu, label } = bot;
    const seconds = partNames.map((part) => (cost.shares.get(part) ?? 0) * mainCpu);
    return [
      name,
      label,
      ...[modelsCpu, cpu - mainCpu - modelsCpu, ...seconds].map((s) => s.toFixed(2)),
    ];
  });
  const table = formatTable(
    ['CPU s/min by part', 'bot', 'models', 'other threads', ...partNames],
    rows,
  );
  const dearest = measured.map(({ name, bot, cost }) => {
    const functions = cost.functions
      .slice(0, shownFunctions)
      .map(([place, share]) => `  ${(share * bot.mainCpu).toFixed(3)}  ${place}`);
    return [`${name}, ${bot.label}: s/min of the main thread`, ...functions].join('\n');
  });
  return [table, ...dearest].join('\n\n');
}

const shownFunctions = 15;

const columnNames = [
  ...['CPU s/min', 'of it models', 'each channel', 'a turn'],
  ...['wake-ups/s', 'main wake-ups/s'],
  ...[
    'bot MB',
    'models MB',
    'grown MB',
    'in/min',
    'out/min',
    'turns/min',
    'no answer',
    'answer ms p50',
    'p95',
  ],
];

/** Formats the figures of bot number `n`. */
function formatBotFigures(
  bot: BotReading,
  n: number,
  { row }: CpuReading,
  readings: readonly CpuReading[],
) {
  const { people, minutes } = bot;
  return [
    bot.cpu.toFixed(2),
    bot.modelsCpu.toFixed(2),
    measureChannelSeconds(bot, n, row, readings)?.toFixed(2),
    people.asked === 0 ? '' : ((bot.cpu * minutes) / people.asked).toFixed(2),
    bot.wakeUps,
    bot.mainWakeUps,
    bot.residentMb.botMb,
    bot.residentMb.modelsMb,
    bot.grownMb,
    people.sentPackets / minutes,
    people.heardPackets / minutes,
    ...formatTurnFigures(bot),
  ];
}

function formatTurnFigures({ people, minutes }: BotReading) {
  const { answerMs, asked, failed } = people;
  if (asked === 0) return [];
  const findPercentileMs = (share: number) => findPercentile(answerMs, share);
  return [
    (asked / minutes).toFixed(1),
    failed,
    findPercentileMs(0.5),
    findPercentileMs(0.95),
  ];
}

/** Measures the CPU time of each channel in conversation beyond those of the step before, or beyond no channel, in seconds a minute. */
function measureChannelSeconds(
  { cpu }: BotReading,
  n: number,
  row: CpuRow,
  readings: readonly CpuReading[],
) {
  if (row.load !== 'turns' || row.people > 1) return undefined;
  const smaller = readings.findLast(
    (reading) =>
      reading.row.channels < row.channels &&
      (reading.row.channels === 0 || reading.row.load === 'turns'),
  );
  const smallerBot = smaller?.bots[n];
  if (!smaller || !smallerBot) return undefined;
  return (cpu - smallerBot.cpu) / (row.channels - smaller.row.channels);
}

/** Formats what disturbed a reading. The machine is that of all bots, so the first one's note tells of it. */
function formatNote(bot: BotReading, n: number, { machine, row }: CpuReading) {
  const disturbance = n === 0 ? findDisturbance(machine) : undefined;
  const exhaustion = findExhaustion(bot);
  const { seats } = bot.people;
  return [
    ...(seats < row.channels ? [`sits in ${seats} of ${row.channels} channels`] : []),
    ...(disturbance ? [`DISTURBED: ${disturbance}`] : []),
    ...(exhaustion ? [`the bench used the machine up: ${exhaustion}`] : []),
  ].join('; ');
}
