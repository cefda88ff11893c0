import { findPercentile, formatTable } from '#bench/format-table.ts';
import type { CpuReading, CpuRow } from './cpu-rows.ts';
import { type BotReading, findDisturbance, findExhaustion } from './load-reading.ts';

/** A table of all readings; with several bots a line for each, and its share of the CPU time of the first. */
export function formatCpuReport(readings: readonly CpuReading[]) {
  const several = readings.some(({ bots }) => bots.length > 1);
  const lines = readings.flatMap((reading) =>
    reading.bots.map((bot, n) => {
      const share = bot.cpu / (reading.bots[0] ?? bot).cpu;
      const compared = several ? [bot.label, n === 0 ? '' : share.toFixed(2)] : [];
      const name = n === 0 ? reading.row.name : '';
      return [
        name,
        ...compared,
        ...formatBotFigures(bot, n, reading, readings),
        formatNote(bot, n, reading),
      ];
    }),
  );
  return formatTable(
    ['', ...(several ? ['bot', 'of first'] : []), ...reportHead, ''],
    lines,
  );
}

const reportHead = [
  ...['CPU s/min', 'each channel', 'a turn', 'wake-ups/s', 'main'],
  ...[
    'MB',
    'grown MB',
    'in/min',
    'out/min',
    'turns/min',
    'no answer',
    'answer ms p50',
    'p95',
  ],
];

/** `n` is which of the bots it is. */
function formatBotFigures(
  bot: BotReading,
  n: number,
  { row }: CpuReading,
  readings: readonly CpuReading[],
) {
  const { people, minutes } = bot;
  return [
    bot.cpu.toFixed(2),
    measureChannelSeconds(bot, n, row, readings)?.toFixed(2),
    people.asked === 0 ? '' : ((bot.cpu * minutes) / people.asked).toFixed(2),
    bot.wakeUps,
    bot.mainWakeUps,
    bot.residentMb,
    bot.grownMb,
    people.sentPackets / minutes,
    people.heardPackets / minutes,
    ...formatTurnFigures(bot),
  ];
}

function formatTurnFigures({ people, minutes }: BotReading) {
  const { answerMs, asked, failed } = people;
  if (asked === 0) return [];
  const ms = (part: number) => findPercentile(answerMs, part);
  return [(asked / minutes).toFixed(1), failed, ms(0.5), ms(0.95)];
}

/** CPU time of each channel in conversation beyond those of the step before, or beyond no channel, in seconds a minute. */
function measureChannelSeconds(
  { cpu }: BotReading,
  n: number,
  row: CpuRow,
  readings: readonly CpuReading[],
) {
  if (!row.isTalk) return undefined;
  const before = readings.findLast(
    (one) =>
      one.row.channels < row.channels && (one.row.channels === 0 || one.row.isTalk),
  );
  const former = before?.bots[n];
  if (!before || !former) return undefined;
  return (cpu - former.cpu) / (row.channels - before.row.channels);
}

/** The machine is that of all bots: said once. */
function formatNote(bot: BotReading, n: number, { machine }: CpuReading) {
  const disturbed = n === 0 ? findDisturbance(machine) : undefined;
  const exhausted = findExhaustion(bot);
  return [
    ...(disturbed ? [`DISTURBED: ${disturbed}`] : []),
    ...(exhausted ? [`the bench used the machine up: ${exhausted}`] : []),
  ].join('; ');
}
