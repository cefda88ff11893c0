import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { noGuild, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type {
  AnswerRequest,
  BudgetAuthority,
  Caps,
} from '#src/spending/budget-authority.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import type { TotalPortion } from '#src/spending/ledger/total-portion.ts';
import { createPaidChat } from '#src/spending/paid-engine.ts';
import { cautiousPrices, type RolePrice } from '#src/spending/prices/prices.ts';
import { Reservation } from '#src/spending/reservation.ts';
import { SessionBudgets } from '#src/spending/session-budgets.ts';
import type { SpendingEntry, SpendingStore } from '#src/spending/spending-store.ts';
import { TotalBudget } from '#src/spending/total-budget.ts';
import type { StoreTrouble } from './memory-stores.ts';

/** Pays for anything, and counts nothing. */
function makeFreeReservation() {
  return new Reservation({ guildId: noGuild, pay: () => undefined });
}

/** Budget without limits. */
export const boundlessBudget: BudgetAuthority = {
  open: () => ({ kind: 'open', reservation: makeFreeReservation() }),
  openHearingBudget: () => ({
    reservation: makeFreeReservation(),
    decide: () => undefined,
  }),
  openRecordingBudget: () => ({ reservation: makeFreeReservation() }),
  findUsedBudget: () => undefined,
  findUsedHearingBudget: () => undefined,
  forget: () => undefined,
  getPrices: () => ({ free: ['recognise'], estimated: [] }),
};

type Tariff = ReturnType<ConstructorParameters<typeof SessionBudgets>[0]['getTariff']>;

/** A dollar for a million tokens, a cent for a minute heard, a dollar for a million characters spoken. */
const pricedTariff: Tariff = {
  recognise: { kind: 'priced', usd: { perMinute: 0.01 } },
  think: {
    kind: 'priced',
    usd: { perMillionInputTokens: 1, perMillionOutputTokens: 1 },
  },
  speak: { kind: 'priced', usd: { perMillionCharacters: 1 } },
};

const uncappedBudgets: Caps = { personDay: 0, serverDay: 0 };

/** A desk with everything behind it. */
export function openBudgets(
  clock: Clock,
  over: {
    readonly caps?: Partial<Caps>;
    /** Most that all servers may spend a day, in US dollars. */
    readonly totalUsd?: number;
    readonly onAlert?: (change: AlertChange) => void;
    readonly getServerCap?: (guildId: string) => number;
    readonly tariff?: Partial<Tariff>;
    /** Prices of answers in writing to typed words, where they differ. */
    readonly written?: Partial<Tariff>;
    /** Rates of models by name. */
    readonly rates?: Readonly<Record<string, RolePrice>>;
    readonly ledger?: Ledger;
    readonly portion?: TotalPortion;
    readonly getProgramCap?: (personId: string) => number | undefined;
  } = {},
) {
  const {
    portion,
    getServerCap,
    onAlert = () => undefined,
    getProgramCap,
    totalUsd = 0,
  } = over;
  const { ledger = new Ledger({ countsAll: totalUsd > 0 }) } = over;
  const capNanoUsd = totalUsd * 1e9;
  const paid: FakeSpentEvent[] = [];
  const budgets = new SessionBudgets({
    clock,
    ledger,
    caps: { ...uncappedBudgets, ...over.caps },
    total: new TotalBudget({ capNanoUsd, clock, ledger, alert: onAlert, portion }),
    getServerCap,
    getProgramCap,
    getRate: (by, role) =>
      by.kind === 'local'
        ? { kind: 'free' }
        : (over.rates?.[by.model] ?? {
            kind: 'priced',
            usd: cautiousPrices[role],
            isEstimate: true,
          }),
    getTariff: (_guildId, isWritten) => ({
      ...pricedTariff,
      ...over.tariff,
      ...(isWritten && over.written),
    }),
    onEvent: (_guildId, event) => void paid.push(event),
  });
  return { ledger, budgets, paid };
}

type FakeSpentEvent = Extract<SessionEvent, { kind: 'spent' }>;

/** A cap of this much money. */
export function toUsd(usd: number) {
  return usd * 1e9;
}

/** A chat model of which each byte is a token, and which writes as many as it may. */
export function makeGreedyChat(pause: () => Promise<void>): ChatModel {
  return {
    async *reply(messages, tools, _signal, mostTokens = 0) {
      await pause();
      yield { kind: 'text', text: 'Yes.' };
      await pause();
      const inputTokens = Buffer.byteLength(JSON.stringify([messages, tools]));
      yield { kind: 'usage', usage: { inputTokens, outputTokens: mostTokens } };
    },
  };
}

/** Sets money aside for an answer in writing to Ana, or for what else is ordered. */
export function reserveAnswer(
  budgets: BudgetAuthority,
  order: Partial<AnswerRequest> = {},
) {
  const opened = budgets.open({
    kind: 'answer in writing',
    guildId: toGuildId('g'),
    personId: toPersonId('ana'),
    first: { messages: [] },
    ...order,
  });
  return opened.kind === 'open' ? opened.reservation : undefined;
}

/** Answers one question as long as may be. False: the budget is used. */
export async function answerGreedily(
  budgets: BudgetAuthority,
  asker: Pick<AnswerRequest, 'guildId' | 'personId'>,
  pause: () => Promise<void>,
) {
  using reservation = reserveAnswer(budgets, asker);
  if (!reservation) return false;
  const { signal } = new AbortController();
  const chat = createPaidChat(makeGreedyChat(pause)).withReservation(reservation);
  try {
    await Array.fromAsync(chat.reply([], [], signal));
    return true;
  } catch (error) {
    if (error instanceof BotError && error.code === 'budget.used') return false;
    throw error;
  }
}

/** A book in memory. Set `trouble` to make it fail from then on. */
export class MemorySpending implements SpendingStore {
  trouble: StoreTrouble | undefined;
  writes = 0;
  entries: readonly SpendingEntry[] = [];

  async read(day: string): Promise<readonly SpendingEntry[]> {
    if (this.trouble === 'unreadable')
      throw new BotError('store.unreadable', true, 'Torn.');
    return this.entries.filter((entry) => entry.day === day);
  }

  async add(entries: readonly SpendingEntry[], _day: string) {
    if (this.trouble) throw new BotError('store.unwritable', true, 'Full.');
    this.writes++;
    this.entries = [...this.entries, ...entries];
  }
}
