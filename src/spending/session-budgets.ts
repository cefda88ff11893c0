import type { Clock } from '#src/base/clock.ts';
import type { BudgetCap } from '#src/base/errors.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import { mostSentShare } from '#src/speech/interim-budget.ts';
import type { TextLine } from '#src/texts/texts.ts';
import {
  type AnswerBudget,
  type AnswerRequest,
  type BudgetAuthority,
  type BudgetRefusal,
  type Caps,
  fits,
  type HearingBudget,
  lowerCap,
  type PaidKind,
  paidKinds,
  type ShownPrices,
  type SpentCost,
  type SpentCosts,
  type SpentEvent,
  type SpentShare,
  type UsedBudget,
} from './budget-authority.ts';
import { BudgetNotices } from './budget-notices.ts';
import { dayOf, nextDayMs, shownInstant } from './calendar.ts';
import { charactersPerToken, costOf } from './cost.ts';
import type { Ledger, Payer, Reserve, Sum } from './ledger/ledger.ts';
import { cautiousPrices, type PaidRole, paidRoles, type RolePrice } from './prices/prices.ts';
import { modelBound, type RequestBound, speechBound } from './request-bound.ts';
import { type HoldOrCap, Reservation } from './reservation.ts';
import { AskerNames, SpentToday } from './spent-today.ts';
import { speechCost, type Tariff } from './tariff.ts';
import type { SpentTotal, TotalBudget } from './total-budget.ts';
import type { UsageCount } from './usage-bill.ts';

export type SessionBudgetsOptions = {
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** Caps of the operator for each server. */
  readonly caps: Caps;
  /** Cap over all servers together; absent: none. */
  readonly total?: TotalBudget;
  /** Lower cap a day that a server has set for itself, in billionths of a dollar; 0: none; absent: none anywhere. */
  readonly ownCapIn?: (guildId: string) => number;
  /** Daily cap of a payer that is a program, in billionths of a dollar; undefined: that of a person. */
  readonly ownCapOf?: (payerId: string) => number | undefined;
  /** Prices of the roles of this server now, for an answer aloud or in writing. */
  readonly tariffOf: (guildId: string, isWritten?: boolean) => Tariff;
  /** Price of any engine that was asked, usual or not. */
  readonly rateOf: (by: ServedBy, role: PaidRole) => RolePrice;
  readonly onEvent: (guildId: string, event: SpentEvent) => void;
};

/** Share of a server's cap at which the channel is told. */
const warnedFrom = 0.8;

/** Lets work begin as long as it fits into the budgets, and charges what it really took. */
export class SessionBudgets implements BudgetAuthority, SpentCosts {
  readonly #options: SessionBudgetsOptions;
  readonly #news: BudgetNotices;
  readonly #names = new AskerNames();
  readonly #spent: SpentToday;
  /** Least cost of the latest spoken answer of each server. */
  readonly #leastOf = new Map<string, number>();

  constructor(options: SessionBudgetsOptions) {
    this.#options = options;
    this.#news = new BudgetNotices(() => dayOf(options.clock.wallMs()));
    const capsIn = (guildId: string) => this.#caps(guildId);
    this.#spent = new SpentToday({ ...options, capsIn, names: this.#names });
  }

  open(order: AnswerRequest): AnswerBudget | BudgetRefusal {
    const { ledger, tariffOf } = this.#options;
    const { first, guildId, kind, personId, name } = order;
    const { form, payer: payerKind, reportsNews } = paidKinds[kind];
    const isTheirs = payerKind === 'person';
    const payer = isTheirs ? (order.payer ?? this.payer(guildId, personId)) : {};
    const isText = typeof first === 'string';
    const tariff = tariffOf(guildId, form === 'writing' && !isText && !first.heardMs);
    if (payer.personId !== undefined) this.#names.set(guildId, personId, name);
    const least = this.#leastCost(isText ? speechBound(first) : modelBound(first), kind, tariff);
    if (kind === 'answer') this.#leastOf.set(guildId, least);
    const refused = least === 0 ? undefined : this.#refusal(order, least);
    if (refused) return refused;
    const reserve = ledger.reserve(guildId, payer, least);
    const isNear = reportsNews && this.#isNearEnd(guildId) && this.#news.first(guildId, 'warn');
    const reservation = this.#reservation(order, reserve, tariff);
    return { kind: 'open', reservation, ...(isNear && { news: { id: 'budget.warn' } }) };
  }

  payer(guildId: string, personId: string): Payer {
    return this.#options.ledger.payer(guildId, personId);
  }

  listen(guildId: string, personId: string, isCaptioned = false): HearingBudget | BudgetRefusal {
    const { clock, ledger, tariffOf } = this.#options;
    const rate = tariffOf(guildId).recognise;
    const assign = this.#assigned(guildId, personId, !isCaptioned);
    // The server is charged at once, a person only after it is decided that they asked for it.
    let payer: 'undecided' | 'person' | 'server' = 'undecided';
    let undecided = 0;
    const charge = ({ nanoUsd = 0 }: Partial<Sum>) => {
      ledger.charge(guildId, undefined, { nanoUsd }, clock.wallMs());
      if (payer === 'person') assign(nanoUsd);
      if (payer === 'undecided') undecided += nanoUsd;
    };
    const reservation = new Reservation({
      pay: (what, work) => this.#charge(what, guildId, work, rate, charge),
      hold: (bound) => this.#holdSound(bound, guildId, isCaptioned ? undefined : personId),
    });
    const decided = (meant: boolean) => {
      if (payer !== 'undecided') return;
      payer = meant ? 'person' : 'server';
      if (meant) assign(undecided);
    };
    const open = { reservation, decided } as const;
    if (rate.kind === 'free') return open;
    if (!isCaptioned && !this.#fitsShare(guildId, personId, 1))
      return this.#shareUsed(guildId, personId);
    const used = this.#usedFor(guildId, 1);
    return used ? this.#budgetUsed(guildId, used) : open;
  }

  listenToRecording(guildId: string, personId: string) {
    const heard = this.listen(guildId, personId);
    if (!('line' in heard)) heard.decided(true);
    return heard;
  }

  hourPrice(guildId: string): number {
    const { recognise, streams } = this.#options.tariffOf(guildId);
    const ms = 3_600_000 * (streams ? 1 : mostSentShare);
    return costOf([{ kind: 'heard', ms }], 'recognise', recognise) / 1e9;
  }

  used(guildId: string): UsedBudget | undefined {
    const tariff = this.#options.tariffOf(guildId);
    const least =
      this.#leastOf.get(guildId) ?? this.#leastCost(modelBound({ messages: [] }), 'answer', tariff);
    const used = least === 0 ? undefined : this.#usedFor(guildId, least);
    if (!used) return undefined;
    const time = shownInstant(nextDayMs(this.#options.clock.wallMs()));
    return { line: this.#budgetUsed(guildId, used).line, time };
  }

  forget(guildId: string, personId: string): void {
    const { clock, ledger } = this.#options;
    ledger.forget(guildId, personId, clock.wallMs());
    this.#news.forget(guildId, 'user', personId);
    this.#names.forget(guildId, personId);
  }

  total(): SpentTotal | undefined {
    return this.#options.total?.today();
  }

  today(guildId: string): SpentCost {
    return this.#spent.today(guildId);
  }

  prices(guildId: string): ShownPrices {
    const tariff = this.#options.tariffOf(guildId);
    const isEstimate = (rate: RolePrice) => rate.kind === 'priced' && rate.isEstimate === true;
    return {
      free: paidRoles.filter((role) => tariff[role].kind === 'free'),
      estimated: paidRoles.filter((role) => isEstimate(tariff[role])),
    };
  }

  share(guildId: string, personId: string): SpentShare {
    return this.#spent.share(guildId, personId);
  }

  #refusal({ guildId, kind, personId }: AnswerRequest, least: number): BudgetRefusal | undefined {
    const used = this.#usedFor(guildId, least);
    if (used) return this.#budgetUsed(guildId, used);
    const isTheirs = paidKinds[kind].payer === 'person';
    if (!isTheirs || this.#fitsShare(guildId, personId, least)) return undefined;
    return this.#shareUsed(guildId, personId);
  }

  /** Cost of the smallest request that `Holds` lets go, with the sound of its words. */
  #leastCost(bound: RequestBound, kind: PaidKind, tariff: Tariff): number {
    return dearestCost(bound, bound.least, tariff) + soundCost(bound, bound.least, kind, tariff);
  }

  #fitsShare(guildId: string, personId: string, nanoUsd: number): boolean {
    const { clock, ledger, ownCapOf } = this.#options;
    const wallMs = clock.wallMs();
    const share = ledger.shareOf(guildId, personId, wallMs).nanoUsd;
    const cap = ownCapOf?.(personId) ?? this.#caps(guildId).personDay;
    return fits(share + ledger.reserved(guildId, personId), nanoUsd, cap);
  }

  /** Budget into which work of that price does not fit. */
  #usedFor(guildId: string, nanoUsd: number): 'day' | 'total' | undefined {
    const { clock, ledger, total } = this.#options;
    const wallMs = clock.wallMs();
    const { day } = ledger.standing(guildId, wallMs);
    const taken = day.nanoUsd + ledger.reserved(guildId);
    if (!fits(taken, nanoUsd, this.#caps(guildId).serverDay)) return 'day';
    return total?.fits(nanoUsd) === false ? 'total' : undefined;
  }

  /** Sets money aside for one request to a recogniser, of a server and, where one is to pay, a person. */
  #holdSound(bound: RequestBound, guildId: string, personId?: string) {
    const { ledger } = this.#options;
    const payer = personId === undefined ? {} : this.payer(guildId, personId);
    const reserve = ledger.reserve(guildId, payer, 0);
    const holds = this.#holds(reserve, guildId, personId);
    const tariff = this.#options.tariffOf(guildId);
    const end = () => ledger.release(reserve);
    const ended = (held: HoldOrCap): HoldOrCap => {
      if (typeof held === 'object') return { ...held, end };
      end();
      return held;
    };
    const held = holds.take(bound, (units) => dearestCost(bound, units, tariff));
    return held instanceof Promise ? held.then(ended) : ended(held);
  }

  #holds(reserve: Reserve, guildId: string, personId: string | undefined): Holds {
    return new Holds(reserve, () => this.#room(guildId, personId), this.#options.total);
  }

  /** Money that may be put aside beside what is, by the cap that leaves least. */
  #room(guildId: string, personId?: string): Room {
    const { clock, ledger, ownCapOf, total } = this.#options;
    const { personDay, serverDay } = this.#caps(guildId);
    const wallMs = clock.wallMs();
    const left = (cap: number, taken: number) => (cap === 0 ? Infinity : cap - taken);
    const { day } = ledger.standing(guildId, wallMs);
    const server = left(serverDay, day.nanoUsd + ledger.reserved(guildId));
    const rooms: Room[] = [
      { cap: 'server', nanoUsd: server },
      { cap: 'all', nanoUsd: total?.room() ?? Infinity },
    ];
    if (personId !== undefined) {
      const share = ledger.shareOf(guildId, personId, wallMs).nanoUsd;
      const own = ownCapOf?.(personId);
      const nanoUsd = left(own ?? personDay, share + ledger.reserved(guildId, personId));
      rooms.push({ cap: own === undefined ? 'person' : 'token', nanoUsd });
    }
    return rooms.reduce((least, room) => (room.nanoUsd < least.nanoUsd ? room : least));
  }

  #isNearEnd(guildId: string): boolean {
    const { clock, ledger } = this.#options;
    const { serverDay } = this.#caps(guildId);
    const { day } = ledger.standing(guildId, clock.wallMs());
    return serverDay > 0 && day.nanoUsd >= serverDay * warnedFrom;
  }

  #shareUsed(guildId: string, personId: string): BudgetRefusal {
    const nowMs = this.#options.clock.wallMs();
    const h = Math.ceil((nextDayMs(nowMs) - nowMs) / 3_600_000);
    const line: TextLine = { id: 'budget.user', with: { h } };
    return { kind: 'refused', line, isNews: () => this.#news.first(guildId, 'user', personId) };
  }

  #budgetUsed(guildId: string, used: 'day' | 'total'): BudgetRefusal {
    const time = shownInstant(nextDayMs(this.#options.clock.wallMs()));
    const line: TextLine = { id: 'budget.guild', with: { time } };
    return { kind: 'refused', line, isNews: () => this.#news.first(guildId, used) };
  }

  #reservation(order: AnswerRequest, reserve: Reserve, tariff: Tariff): Reservation {
    const { clock, ledger } = this.#options;
    const { guildId, kind } = order;
    const take = (sum: Partial<Sum>) => ledger.take(reserve, sum, clock.wallMs());
    const personId = paidKinds[kind].payer === 'person' ? order.personId : undefined;
    const holds = this.#holds(reserve, guildId, personId);
    return new Reservation({
      hold: (bound) =>
        holds.take(
          bound,
          (units) => dearestCost(bound, units, tariff),
          (units) => soundCost(bound, units, kind, tariff),
        ),
      pay: (what, work) => this.#charge(what, guildId, work, tariff[what], take, holds.held),
      turn: () => take({ turns: 1 }),
      done: () => ledger.release(reserve),
    });
  }

  #charge(
    what: PaidRole,
    guildId: string,
    { by, uses }: UsageCount,
    usual: RolePrice,
    charge: (sum: Partial<Sum>) => void,
    held = 0,
  ): void {
    const rate = by ? this.#options.rateOf(by, what) : usual;
    if (rate.kind === 'free') return;
    const nanoUsd = costOf(uses, what, rate, held);
    charge({ nanoUsd });
    this.#options.total?.watch();
    this.#options.onEvent(guildId, { kind: 'spent', what, usd: nanoUsd / 1e9 });
  }

  /** Counts what the server was charged for as a part of one person, if it fits into their share; `isTheirs`: it does. */
  #assigned(guildId: string, personId: string, isTheirs: boolean): (nanoUsd: number) => void {
    const { clock, ledger } = this.#options;
    const payer = this.payer(guildId, personId);
    return (nanoUsd) => {
      if (isTheirs || this.#fitsShare(guildId, personId, nanoUsd))
        ledger.assign(guildId, payer, { nanoUsd }, clock.wallMs());
    };
  }

  #caps(guildId: string): Caps {
    const { caps, ownCapIn } = this.#options;
    return { ...caps, serverDay: lowerCap(caps.serverDay, ownCapIn?.(guildId) ?? 0) };
  }
}

/** Cost of a request by the dearest model that may serve it, in billionths of a dollar. */
function dearestCost({ role, useOf }: RequestBound, units: number, tariff: Tariff): number {
  const cautious = useOf(units, cautiousPrices[role]);
  const at = (rate: RolePrice) =>
    rate.kind === 'free' ? 0 : costOf([useOf(units, rate.usd), cautious], role, rate);
  return Math.max(...[tariff[role], ...(tariff.others?.[role] ?? [])].map(at));
}

/** Cost of the sound of so many tokens of a spoken answer, by a model that does not speak itself. */
function soundCost({ role }: RequestBound, units: number, kind: PaidKind, tariff: Tariff): number {
  const { think } = tariff;
  const speaks = think.kind === 'priced' && think.usd.perMillionAudioOutputTokens !== undefined;
  if (role !== 'think' || speaks || paidKinds[kind].form !== 'answer') return 0;
  return speechCost(units * charactersPerToken, tariff);
}

/** Rest of a cap, in billionths of a dollar. */
type Room = { readonly cap: BudgetCap; readonly nanoUsd: number };

/** Requests that are paid out of one reserve: what they hold is theirs, and more is put aside where there is room. */
class Holds {
  readonly #reserve: Reserve;
  readonly #room: () => Room;
  readonly #total: Pick<TotalBudget, 'ask' | 'refused'> | undefined;
  /** Held by requests that run. */
  #held = 0;

  constructor(
    reserve: Reserve,
    room: () => Room,
    total: Pick<TotalBudget, 'ask' | 'refused'> | undefined,
  ) {
    this.#reserve = reserve;
    this.#room = room;
    this.#total = total;
  }

  /**
   * The most units that the reserve and the room pay; undefined: they cost nothing. `soundOf`: cost of the sound of their words, which
   * is set aside for the requests that make it.
   */
  take(
    bound: RequestBound,
    costOf: (units: number) => number,
    soundOf: (units: number) => number = () => 0,
  ): HoldOrCap | Promise<HoldOrCap> {
    const dearest = costOf(bound.most) + soundOf(bound.most);
    if (dearest === 0) return undefined;
    const asked = this.#total?.ask(dearest - this.#own);
    const grant = () => this.#grant(bound, costOf, soundOf);
    return asked === undefined ? grant() : asked.then(grant);
  }

  /** Money that requests hold now: each is settled before it ends its hold. */
  get held(): number {
    return this.#held;
  }

  get #own(): number {
    return Math.max(0, this.#reserve.left - this.#held);
  }

  #grant(
    { least, most }: RequestBound,
    costOf: (units: number) => number,
    soundOf: (units: number) => number,
  ): HoldOrCap {
    const totalOf = (units: number) => costOf(units) + soundOf(units);
    const dearest = totalOf(most);
    const own = this.#own;
    const { cap, nanoUsd } = this.#room();
    const granted = Math.min(dearest, own + nanoUsd);
    const base = totalOf(0);
    const share = dearest === base ? 1 : (granted - base) / (dearest - base);
    const units = granted < dearest ? Math.floor(most * share) : most;
    if (granted < totalOf(least) || units < least) {
      if (cap === 'all') this.#total?.refused();
      return cap;
    }
    const held = costOf(units);
    this.#reserve.left += Math.max(0, granted - own);
    this.#held += held;
    let isOver = false;
    const end = () => {
      if (!isOver) this.#held -= held;
      isOver = true;
    };
    return { units, end };
  }
}
