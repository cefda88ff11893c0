import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import { addDays, monthOf } from '#src/spending/calendar.ts';
import { type Amount, type Caps, nothing } from '#src/spending/caps.ts';
import type { GuildCaps } from '#src/spending/guild-caps.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import type { BudgetExchange } from '#src/spending/ledger/shared-ledger.ts';
import type { RolePrice } from '#src/spending/prices/prices.ts';
import { Reservation } from '#src/spending/reservation.ts';
import { SessionBudgets } from '#src/spending/session-budgets.ts';
import type { SpendingEntry, SpendingStore } from '#src/spending/spending-store.ts';
import type { Tariff } from '#src/spending/tariff.ts';
import { TotalBudget } from '#src/spending/total-budget.ts';
import type { StoreTrouble } from './store-trouble.ts';

/** Pays for anything, and counts nothing. */
export function freeReservation(): Reservation {
  return new Reservation({ pay: () => undefined });
}

/** Budget without limits. */
export const boundless: BudgetAuthority = {
  ready: () => undefined,
  open: () => ({ kind: 'open', reservation: freeReservation() }),
  payer: (_guildId, personId) => ({ personId }),
  listen: () => ({
    reservation: freeReservation(),
    captions: 'full',
    decided: () => undefined,
  }),
  listenToRecording: () => ({ reservation: freeReservation() }),
  captionNews: (_guildId, id) =>
    id === 'captions.budget.warn' ? { id } : { id, with: { time: '00:00' } },
  hourPrice: () => 0,
  read: () => undefined,
  manner: () => ({ step: 'full', isVoiceCheap: false }),
  forget: () => undefined,
};

/** A dollar for a million tokens, a cent for a minute heard, a dollar for a million characters spoken. */
const priced: Tariff = {
  recognise: { kind: 'priced', usd: { perMinute: 0.01 } },
  think: { kind: 'priced', usd: { perMillionInputTokens: 1, perMillionOutputTokens: 1 } },
  speak: { kind: 'priced', usd: { perMillionCharacters: 1 } },
};

const uncapped: Caps = { personDay: nothing, serverDay: nothing, serverMonth: nothing };

/** A desk with everything behind it. */
export function openBudgets(
  clock: Clock,
  over: {
    readonly caps?: Partial<Caps>;
    /** Most that all servers may spend a day, in US dollars. */
    readonly totalUsd?: number;
    readonly onAlert?: (change: AlertChange) => void;
    readonly guildCapsOf?: (guildId: string) => GuildCaps;
    readonly tariff?: Partial<Tariff>;
    /** Rates of models by name. */
    readonly rates?: Readonly<Record<string, RolePrice>>;
    readonly ledger?: Ledger;
    readonly exchange?: BudgetExchange;
    readonly ownCapOf?: (personId: string) => Amount | undefined;
    /** Captions are on, and whether the embedded recogniser can write them. */
    readonly captions?: { readonly hasFree: boolean };
  } = {},
) {
  const { exchange, guildCapsOf, onAlert = () => undefined, ownCapOf, totalUsd = 0 } = over;
  const { ledger = new Ledger({ countsAll: totalUsd > 0 }) } = over;
  const capNanoUsd = totalUsd * 1e9;
  const paid: FakeSpentEvent[] = [];
  const budgets = new SessionBudgets({
    clock,
    ledger,
    caps: { ...uncapped, ...over.caps },
    total: new TotalBudget({ capNanoUsd, clock, ledger, alert: onAlert }),
    ...(exchange && { exchange }),
    ...(guildCapsOf && { guildCapsOf }),
    ...(ownCapOf && { ownCapOf }),
    keepsCaptions: () => over.captions !== undefined,
    hasFreeCaptions: () => over.captions?.hasFree === true,
    rateOf: (by) =>
      by.kind === 'embedded' ? { kind: 'free' } : (over.rates?.[by.model] ?? { kind: 'unpriced' }),
    tariffOf: () => ({ ...priced, ...over.tariff }),
    onEvent: (_guildId, event) => void paid.push(event),
  });
  return { ledger, budgets, paid };
}

type FakeSpentEvent = Extract<SessionEvent, { kind: 'spent' }>;

/** A cap of this much money. */
export function dollars(usd: number): Amount {
  return { nanoUsd: usd * 1e9, ms: 0 };
}

/** A cap of this much time. */
export function minutes(count: number): Amount {
  return { nanoUsd: 0, ms: count * 60_000 };
}

/** A book in memory. Set `trouble` to make it fail from then on. */
export class MemorySpending implements SpendingStore {
  trouble: StoreTrouble | undefined;
  writes = 0;
  entries: readonly SpendingEntry[] = [];

  async read(day: string): Promise<readonly SpendingEntry[]> {
    if (this.trouble === 'unreadable') throw new BotError('store.unreadable', true, 'Torn.');
    const [from, to] = [addDays(day, -2), addDays(day, 1)];
    return this.entries.filter((entry) =>
      entry.personId === undefined && entry.part === undefined
        ? entry.day >= monthOf(from)
        : entry.day >= from && entry.day <= to,
    );
  }

  async add(entries: readonly SpendingEntry[]): Promise<void> {
    if (this.trouble) throw new BotError('store.unwritable', true, 'Full.');
    this.writes++;
    this.entries = [...this.entries, ...entries];
  }
}
