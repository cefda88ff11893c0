import type { Command } from '#src/features/command.ts';
import type {
  AnswerLatencyStats,
  LeftCalls,
  UnsentSpeech,
} from '#src/ports/command-ports.ts';
import type { ShownPrices, SpentShare } from '#src/spending/budget-authority.ts';
import { formatInstant } from '#src/spending/calendar.ts';
import type { PaidRole } from '#src/spending/prices/prices.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** `/stats`: speed of answers, calls that were left, and costs, those of the server for managers only. */
export const stats: Command = {
  name: 'stats',
  description: 'command.stats',
  options: [],
  async run({ guildId, caller }, { costs, stats: turns }) {
    const serverLines = caller.mayManage
      ? [
          toCostLine(costs.getToday(guildId)),
          ...toTalkLines(turns.getTalkMs(guildId)),
          ...toUnsentLines(turns.getUnsent(guildId)),
          ...toPriceLines(costs.getPrices(guildId)),
          ...turns.listModelLines(),
          ...turns.listHabits().slice(0, maxHabits).map(toHabitLine),
        ]
      : [];
    const leftCalls = turns.findLeftCalls(guildId);
    const lines = [
      ...(leftCalls ? [toLeftCallsLine(leftCalls)] : []),
      ...serverLines,
      toOwnCostLine(costs.getShare(guildId, caller.id)),
    ];
    return [{ ...toSpeedLine(turns.speed(guildId)), lines }];
  },
};

/** More would fill the message, and the log has them all. */
const maxHabits = 8;

function toLeftCallsLine({ count: n, lastWallMs }: LeftCalls): TextLine {
  return { id: 'stats.left', with: { n, time: formatInstant(lastWallMs) } };
}

function toTalkLines(talkMs: number): readonly TextLine[] {
  const minutes = (talkMs / 60_000).toFixed(1);
  return talkMs === 0 ? [] : [{ id: 'stats.cost.live', with: { minutes } }];
}

function toUnsentLines({ count: n, ms }: UnsentSpeech): readonly TextLine[] {
  const minutes = (ms / 60_000).toFixed(1);
  return n === 0 ? [] : [{ id: 'stats.cost.unsent', with: { n, minutes } }];
}

function toHabitLine(habit: string): TextLine {
  return { id: 'stats.habit', with: { habit: habit.slice(0, 160) } };
}

function toCostLine(share: SpentShare): TextLine {
  const { cap, each, spent: x } = formatCost(share);
  return { id: 'stats.cost', with: { x, cap, n: share.turns, y: each } };
}

function toOwnCostLine(share: SpentShare): TextLine {
  const { cap, spent: x } = formatCost(share);
  return { id: 'stats.cost.own', with: { x, cap, n: share.turns } };
}

function formatCost({ usd, capUsd, turns }: SpentShare) {
  const formatDollars = (amount: number) =>
    `$${amount > 0 && amount < 0.1 ? amount.toFixed(4).replace(/0{1,2}$/, '') : amount.toFixed(2)}`;
  return {
    cap: capUsd > 0 ? formatDollars(capUsd) : '\u221e',
    each: turns === 0 ? '-' : formatDollars(usd / turns),
    spent: formatDollars(usd),
  };
}

function toPriceLines({ free, estimated }: ShownPrices): readonly TextLine[] {
  const toRolesLine = (
    id: 'stats.cost.free' | 'stats.cost.estimated',
    roles: readonly PaidRole[],
  ) =>
    roles.length === 0
      ? []
      : [{ id, with: { roles: roles.map((role) => roleNames[role]).join(', ') } }];
  return [
    ...toRolesLine('stats.cost.free', free),
    ...toRolesLine('stats.cost.estimated', estimated),
  ];
}

const roleNames: Readonly<Record<PaidRole, string>> = {
  recognise: 'speech to text',
  think: 'answers',
  speak: 'text to speech',
};

function toSpeedLine(latency: AnswerLatencyStats | undefined): TextLine {
  if (!latency) return { id: 'stats.none' };
  const { turns: n, p50Ms: p50, p95Ms: p95, failed } = latency;
  const fields = { n, p50: Math.round(p50), p95: Math.round(p95), failed };
  return { id: 'stats.speed', with: fields };
}
