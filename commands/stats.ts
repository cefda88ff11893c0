import type { Command } from '#src/features/command.ts';
import type { AnswerLatencyStats } from '#src/ports/command-ports.ts';
import type { ShownPrices, SpentShare } from '#src/spending/budget-authority.ts';
import type { PaidRole } from '#src/spending/prices/prices.ts';
import type { TextLine } from '#src/texts/texts.ts';

export const stats: Command = {
  name: 'stats',
  description: 'command.stats',
  options: [],
  async run({ guildId, caller }, { costs, stats: turns }) {
    const ofServer = caller.mayManage
      ? [
          toCostLines(costs.getToday(guildId)),
          ...toPriceLines(costs.getPrices(guildId)),
        ]
      : [];
    const lines = [...ofServer, toOwnCostLine(costs.getShare(guildId, caller.id))];
    return [{ ...toSpeedLines(turns.speed(guildId)), lines }];
  },
};

function toCostLines(found: SpentShare): TextLine {
  const { cap, each, spent: x } = formatCost(found);
  return { id: 'stats.cost', with: { x, cap, n: found.turns, y: each } };
}

function toOwnCostLine(found: SpentShare): TextLine {
  const { cap, spent: x } = formatCost(found);
  return { id: 'stats.cost.own', with: { x, cap, n: found.turns } };
}

function formatCost({ usd, capUsd, turns }: SpentShare) {
  const dollars = (amount: number) =>
    `$${amount > 0 && amount < 0.1 ? amount.toFixed(4).replace(/0{1,2}$/, '') : amount.toFixed(2)}`;
  return {
    cap: capUsd > 0 ? dollars(capUsd) : '\u221e',
    each: turns === 0 ? '-' : dollars(usd / turns),
    spent: dollars(usd),
  };
}

function toPriceLines({ free, estimated }: ShownPrices): readonly TextLine[] {
  const named = (
    id: 'stats.cost.free' | 'stats.cost.estimated',
    roles: readonly PaidRole[],
  ) =>
    roles.length === 0
      ? []
      : [{ id, with: { roles: roles.map((role) => roleNames[role]).join(', ') } }];
  return [
    ...named('stats.cost.free', free),
    ...named('stats.cost.estimated', estimated),
  ];
}

const roleNames: Readonly<Record<PaidRole, string>> = {
  recognise: 'speech to text',
  think: 'answers',
  speak: 'text to speech',
};

function toSpeedLines(found: AnswerLatencyStats | undefined): TextLine {
  if (!found) return { id: 'stats.none' };
  const { turns: n, p50Ms: p50, p95Ms: p95, failed } = found;
  const filled = { n, p50: Math.round(p50), p95: Math.round(p95), failed };
  return { id: 'stats.speed', with: filled };
}
