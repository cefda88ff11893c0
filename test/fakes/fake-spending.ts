import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { type GuildId, noGuild, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type {
  AnswerRequest,
  BudgetAuthority,
  Caps,
} from '#src/spending/budget-authority.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import type { Portions } from '#src/spending/ledger/portion-keeper.ts';
import { createPaidChat } from '#src/spending/paid-engine.ts';
import { cautiousPrices, type RolePrice } from '#src/spending/prices/prices.ts';
import { Reservation } from '#src/spending/reservation.ts';
import { SessionBudgets } from '#src/spending/session-budgets.ts';
import type {
  Portion,
  SpendingEntry,
  SpendingKey,
  SpendingStanding,
  SpendingStore,
  SpendingWrite,
} from '#src/spending/spending-store.ts';
import { TotalBudget } from '#src/spending/total-budget.ts';
import type { StoreTrouble } from './memory-stores.ts';

/** Pays for anything, and counts nothing. */
function makeFreeReservation() {
  return new Reservation({
    guildId: noGuild,
    pay: () => undefined,
    hold: async () => undefined,
  });
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
  overrides: {
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
    /** Stored money. Default: everything below the total. */
    readonly portions?: Portions;
    readonly getProgramCap?: (personId: string) => number | undefined;
  } = {},
) {
  const {
    getServerCap,
    onAlert = () => undefined,
    getProgramCap,
    totalUsd = 0,
  } = overrides;
  const { ledger = new Ledger() } = overrides;
  const capNanoUsd = totalUsd * 1e9;
  const { portions = createWholePortion(ledger, clock, capNanoUsd) } = overrides;
  const paid: FakeSpentEvent[] = [];
  const budgets = new SessionBudgets({
    clock,
    ledger,
    caps: { ...uncappedBudgets, ...overrides.caps },
    total: new TotalBudget({ capNanoUsd, clock, ledger, alert: onAlert }),
    portions,
    getServerCap,
    getProgramCap,
    getRate: (by, role) =>
      by.kind === 'local'
        ? { kind: 'free' }
        : (overrides.rates?.[by.model] ?? {
            kind: 'priced',
            usd: cautiousPrices[role],
            isEstimate: true,
          }),
    getTariff: (_guildId, isWritten) => ({
      ...pricedTariff,
      ...overrides.tariff,
      ...(isWritten && overrides.written),
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
export function makeGreedyChat(
  pause: () => Promise<void>,
  onSent: (tokens: number) => void = () => undefined,
): ChatModel {
  return {
    async *reply(messages, tools, _signal, mostTokens = 0) {
      const inputTokens = Buffer.byteLength(JSON.stringify([messages, tools]));
      onSent(inputTokens + mostTokens);
      await pause();
      yield { kind: 'text', text: 'Yes.' };
      await pause();
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
  onSent?: (tokens: number) => void,
) {
  using reservation = reserveAnswer(budgets, asker);
  if (!reservation) return false;
  const { signal } = new AbortController();
  const chat = createPaidChat(makeGreedyChat(pause, onSent)).withReservation(
    reservation,
  );
  try {
    await Array.fromAsync(chat.reply([], [], signal));
    return true;
  } catch (error) {
    if (error instanceof BotError && error.about.cap !== undefined) return false;
    throw error;
  }
}

/** Stored money that is everything below the total, so that nothing waits. */
function createWholePortion(
  ledger: Ledger,
  clock: Clock,
  capNanoUsd: number,
): Portions {
  const guilds = new Set<GuildId>();
  const getRoom = (guildId: GuildId) => {
    guilds.add(guildId);
    if (capNanoUsd === 0) return Infinity;
    const reserved = [...guilds].map((one) => ledger.getReserved(one));
    return reserved.reduce(
      (room, nanoUsd) => room - nanoUsd,
      capNanoUsd - ledger.getTotal(clock.wallMs()),
    );
  };
  return {
    limit: 'all',
    getRoom,
    canAfford: (guildId, _personId, nanoUsd) => getRoom(guildId) >= nanoUsd,
    claim: () => ({ waiting: undefined, [Symbol.dispose]: () => undefined }),
    prepare: () => undefined,
  };
}

/** A book in memory, as its first run sees it. Set `trouble` to make it fail from then on. */
export class MemorySpending implements SpendingStore {
  trouble: StoreTrouble | undefined;
  writes = 0;
  entries: readonly SpendingEntry[] = [];
  /** Open portions by run. */
  readonly portions = new Map<object, readonly Portion[]>();

  read(day: string): Promise<readonly SpendingEntry[]> {
    return this.#readSpending(this, day);
  }

  write(write: SpendingWrite): Promise<SpendingStanding> {
    return this.#writeSpending(this, write);
  }

  /** Opens the book for another run. */
  openRun(): SpendingStore {
    const run = {};
    return {
      read: (day) => this.#readSpending(run, day),
      write: (write) => this.#writeSpending(run, write),
    };
  }

  async #readSpending(run: object, day: string) {
    if (this.trouble === 'unreadable')
      throw new BotError('store.unreadable', true, 'Torn.');
    const others = this.#listOpen(day, run).map((portion) => ({
      ...portion,
      turns: 0,
    }));
    return [...this.entries.filter((entry) => entry.day === day), ...others];
  }

  async #writeSpending(
    run: object,
    { capNanoUsd, day, entries, portions }: SpendingWrite,
  ) {
    if (this.trouble) throw new BotError('store.unwritable', true, 'Full.');
    this.writes++;
    const yesterday = new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
    const isRecent = (spendingKey: SpendingKey) => spendingKey.day >= yesterday;
    this.entries = [...this.entries, ...entries].filter(isRecent);
    for (const [other, open] of this.portions)
      this.portions.set(other, open.filter(isRecent));
    const replaced = new Set(portions.map(toKey));
    const keptPortions = (this.portions.get(run) ?? []).filter(
      (portion) => !replaced.has(toKey(portion)),
    );
    this.portions.set(run, keptPortions);
    const toFree = (of: string) =>
      capNanoUsd === 0
        ? Infinity
        : Math.max(0, capNanoUsd - this.#sumSpent(of) - sumServers(this.#listOpen(of)));
    const granted: Portion[] = [];
    const used = sumServers(
      portions.map((portion) => ({ ...portion, nanoUsd: portion.usedNanoUsd })),
    );
    let free = Math.max(0, toFree(portions[0]?.day ?? day) - used);
    for (const { usedNanoUsd, ...request } of portions) {
      const wanted = Math.max(0, request.nanoUsd - usedNanoUsd);
      const more = request.personId === undefined ? Math.min(wanted, free) : wanted;
      if (request.personId === undefined) free -= more;
      granted.push({ ...request, nanoUsd: usedNanoUsd + more });
    }
    this.portions.set(run, [
      ...keptPortions,
      ...granted.filter(({ nanoUsd }) => nanoUsd > 0),
    ]);
    const takenNanoUsd = this.#sumSpent(day) + sumServers(this.#listOpen(day, run));
    return { portions: granted, takenNanoUsd, leftNanoUsd: toFree(day) };
  }

  #sumSpent(day: string) {
    return sumServers(this.entries.filter((entry) => entry.day === day));
  }

  #listOpen(day: string, except?: object) {
    const others = [...this.portions].filter(([run]) => run !== except);
    return others.flatMap(([, open]) => open).filter((portion) => portion.day === day);
  }
}

function sumServers(rows: readonly Portion[]) {
  const ofServers = rows.filter(({ personId }) => personId === undefined);
  return ofServers.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
}

function toKey({ guildId, personId, day }: SpendingKey) {
  return JSON.stringify([guildId, personId, day]);
}
