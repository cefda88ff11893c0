import { percentile, table } from '#bench/table.ts';
import type { PacketFates } from './capacity-setup.ts';
import type { CapacityOptions, CapacityStep, StallLoss } from './parts.ts';
import { heldMs } from './parts.ts';

const framesPerMinute = 3_000;

/** Steps of channels, the first one without any. */
export function channelsReport(steps: readonly CapacityStep[], options: CapacityOptions): string {
  const head = ['channels', ...processors, ...memory, ...answers, 'frames late', ''];
  const rows = steps.map((step) => channelsRow(step, steps, options));
  return [table(head, rows), ...talkShare(steps), ...extrapolated(steps)].join('\n');
}

/** Steps of people who talk in one channel, the first one without any. */
export function talkersReport(
  steps: readonly CapacityStep[],
  { talkers, sent, packets }: StallLoss,
  options: CapacityOptions,
): string {
  const head = ['talkers', ...processors, 'a second of speech', 'sent', 'at the bot', ''];
  const rows = steps.map((step) => talkersRow(step, steps, options));
  const stall = `event loop held for ${heldMs} ms while ${talkers} people talked: ${sent} packets sent; at the bot ${fatesOf(packets)}`;
  return `${table(head, rows)}\n${stall}`;
}

const processors = ['bot s/min', 'each on top', 'people s/min', 'servers s/min'];
const memory = ['resident MB', 'each further'];
const answers = ['asked', 'no answer', 'answer ms p50', 'p95', 'interrupted ms p50'];

function channelsRow(
  step: CapacityStep,
  all: readonly CapacityStep[],
  { showsDisturbed }: CapacityOptions,
): string[] {
  const { count, reading } = step;
  if (step.disturbed && !showsDisturbed) return refused(step, 12);
  const first = all.find((one) => one.count > 0);
  const more = first && count > first.count ? reading.residentMb - first.reading.residentMb : 0;
  const { sent, late } = reading.frames;
  return [
    ...processorCells(step, all),
    reading.residentMb.toFixed(0),
    more === 0 || !first ? '' : (more / (count - first.count)).toFixed(1),
    ...answerCells(step),
    sent === 0 ? '' : `${((100 * late) / sent).toFixed(2)} %`,
    noteOf(step),
  ];
}

/** Delays of a bench that was itself too slow are none of the bot's. */
function answerCells({ reading: { people }, usedUp }: CapacityStep): string[] {
  if (people.asked === 0) return ['', '', '', '', ''];
  const counts = [`${people.asked}`, `${people.failed}`];
  if (usedUp) return [...counts, '-', '-', '-'];
  const ms = (values: readonly number[], part: number) =>
    values.length === 0 ? '-' : percentile(values, part).toFixed(0);
  const { answerMs, silentMs } = people;
  return [...counts, ms(answerMs, 0.5), ms(answerMs, 0.95), ms(silentMs, 0.5)];
}

function talkersRow(
  step: CapacityStep,
  all: readonly CapacityStep[],
  { showsDisturbed }: CapacityOptions,
): string[] {
  if (step.disturbed && !showsDisturbed) return refused(step, 8);
  const { minutes, people, packets } = step.reading;
  const spokenMinutes = people.sentPackets / framesPerMinute / minutes;
  const speech = spokenMinutes === 0 ? '' : `${(1_000 * onTop(step, all)) / 60 / spokenMinutes}`;
  return [
    ...processorCells(step, all),
    speech && `${Number(speech).toFixed(1)} ms`,
    `${people.sentPackets}`,
    fatesOf(packets),
    noteOf(step),
  ];
}

/** Those that happened, say `opened 1200, held 3`. */
function fatesOf(packets: PacketFates): string {
  const found = Object.entries(packets).filter(([, count]) => count > 0);
  return found.map(([what, count]) => `${what} ${count}`).join(', ');
}

function processorCells(step: CapacityStep, all: readonly CapacityStep[]): string[] {
  const { bot, people, servers } = step.reading.cpu;
  const each = step.count === 0 ? '' : (onTop(step, all) / step.count).toFixed(2);
  return [`${step.count}`, bot.toFixed(2), each, people.toFixed(1), servers.toFixed(1)];
}

/** Seconds a minute above the bot without a channel or talker. */
function onTop({ reading }: CapacityStep, all: readonly CapacityStep[]): number {
  const base = all.find(({ count }) => count === 0)?.reading.cpu.bot ?? 0;
  return reading.cpu.bot - base;
}

function noteOf({ disturbed, usedUp, broken }: CapacityStep): string {
  if (disturbed) return `DISTURBED, not to be quoted: ${disturbed}`;
  if (usedUp) return `the bench used the machine up: ${usedUp}`;
  return broken ? `the bar breaks: ${broken}` : '';
}

function refused({ count, disturbed }: CapacityStep, columns: number): string[] {
  return [`${count}`, ...Array<string>(columns - 1).fill('-'), `disturbed: ${disturbed}`];
}

/** What a minute of conversation is made of, by the last step. */
function talkShare(steps: readonly CapacityStep[]): string[] {
  const last = steps.at(-1);
  if (!last || last.reading.people.asked === 0) return [];
  const { minutes, people } = last.reading;
  const channelMinutes = last.count * minutes;
  const seconds = (packets: number) => ((packets / framesPerMinute) * 60) / channelMinutes;
  const asked = (people.asked / channelMinutes).toFixed(1);
  const spoken = seconds(people.sentPackets).toFixed(0);
  const heard = seconds(people.heardPackets).toFixed(0);
  return [
    `in each channel a minute: ${asked} questions, people talk for ${spoken} s, the bot for ${heard} s`,
  ];
}

function extrapolated(steps: readonly CapacityStep[]): string[] {
  const last = steps.findLast(({ count, disturbed }) => count > 0 && !disturbed);
  if (!last) return [];
  const each = onTop(last, steps) / last.count;
  const a = (60 / each).toFixed(0);
  return [
    `extrapolated from ${last.count}: ${each.toFixed(2)} s/min each, so ${a} channels take a whole core`,
  ];
}
