import type { Clock } from '#src/base/clock.ts';
import type { BudgetCap } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import type { Ledger, Reserve, Sum } from '#src/spending/ledger/ledger.ts';
import {
  cautiousPrices,
  type PaidRole,
  paidRoles,
  type RolePrice,
} from '#src/spending/prices/prices.ts';
import type { TextLine } from '#src/texts/texts.ts';
import {
  type AnswerBudget,
  type AnswerRequest,
  type BudgetRefusal,
  type Caps,
  type HearingBudget,
  type PaidKind,
  paidKinds,
  type ShownPrices,
  type SpentEvent,
  type SpentShare,
  type UsedBudget,
} from './budget-authority.ts';
import { formatInstant, getNextDayMs, toUtcDay } from './calendar.ts';
import { charactersPerToken, sumCosts } from './cost.ts';
import {
  boundModelRequest,
  boundSpeech,
  estimateSpeechCost,
  type RequestBound,
  Reservation,
  type Tariff,
  type UsageCount,
} from './reservation.ts';
import type { SpentTotal, TotalBudget } from './total-budget.ts';

export type SessionBudgetsOptions = {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly caps: Caps;
  readonly total: TotalBudget;
  /** Gets the server's own daily cap in billionths of a dollar. 0 means none. */
  readonly getServerCap?: (guildId: GuildId) => number;
  /** Gets the daily cap of a program. Undefined: the cap of a person. */
  readonly getProgramCap?: (payerId: string) => number | undefined;
  /** Gets current prices for an answer aloud or in writing. */
  readonly getTariff: (guildId: GuildId, isWritten?: boolean) => Tariff;
  readonly rateOf: (by: ServedBy, role: PaidRole) => RolePrice;
  readonly onEvent: (guildId: GuildId, event: SpentEvent) => void;
};

/** Share of the cap that warns the channel. */
const warnedFrom = 0.8;

/** Rest of a cap, infinite without one. */
type Room = {
  readonly cap: BudgetCap;
  readonly nanoUsd: number;
  readonly capNanoUsd: number;
};
type CostOf = (units: number) => number;

export class SessionBudgets {
  readonly #options;
  readonly #news;
  readonly #leastOf = new Map<string, number>();

  constructor(options: SessionBudgetsOptions) {
    this.#options = options;
    this.#news = createBudgetNotices(options.clock);
  }

  /** Opens the budget of an answer, reserving the least cost: 100 tokens and their sound. */
  open(order: AnswerRequest): AnswerBudget | BudgetRefusal {
    const { ledger, getTariff } = this.#options;
    const { first, guildId, kind } = order;
    const { form, payer, reportsNews } = paidKinds[kind];
    const personId = payer === 'person' ? order.personId : undefined;
    const isText = typeof first === 'string';
    const tariff = getTariff(guildId, form === 'writing' && !isText && !first.heardMs);
    const least = estimateLeastCost(
      isText ? boundSpeech(first) : boundModelRequest(first),
      kind,
      tariff,
    );
    if (kind === 'answer') this.#leastOf.set(guildId, least);
    const refusal = this.#findRefusal(guildId, personId, least);
    if (refusal) return refusal;
    const reservation = this.#openReservation(
      ledger.reserve(guildId, personId, least),
      kind,
      tariff,
    );
    const isNear =
      reportsNews && this.#isNearEnd(guildId) && this.#news.isDue(guildId, '80 %');
    return {
      kind: 'open',
      reservation,
      news: isNear ? { id: 'budget.warn' } : undefined,
    };
  }

  /** Opens the budget to recognise speech, unless refused. Captions do not need the share of the person. */
  openHearingBudget(
    guildId: GuildId,
    personId: PersonId,
    isCaptioned = false,
  ): HearingBudget | BudgetRefusal {
    const { clock, ledger, getTariff } = this.#options;
    const tariff = getTariff(guildId);
    const rate = tariff.recognise;
    const payerId = isCaptioned ? undefined : personId;
    const refusal = this.#findRefusal(guildId, payerId, rate.kind === 'free' ? 0 : 1);
    if (refusal) return refusal;
    const assign = (nanoUsd: number) => {
      const fits =
        !isCaptioned || this.#getPersonRoom(guildId, personId).nanoUsd >= nanoUsd;
      if (fits) ledger.assign(guildId, personId, { nanoUsd }, clock.wallMs());
    };
    // The server is charged at once, the person only for an utterance to the bot.
    let payer: 'undecided' | 'person' | 'server' = 'undecided';
    const waiting = ledger.reserve(guildId, payerId, 0);
    const charge = ({ nanoUsd = 0 }: Partial<Sum>) => {
      ledger.charge(guildId, undefined, { nanoUsd }, clock.wallMs());
      if (payer === 'person') assign(nanoUsd);
      if (payer !== 'undecided') return;
      waiting.left += nanoUsd;
    };
    const reservation = new Reservation({
      pay: (what, work) => this.#chargeUsage(what, guildId, work, rate, charge),
      hold: (bound) =>
        this.#holdSound(bound, ledger.reserve(guildId, payerId, 0), tariff),
    });
    const decided = (meant: boolean) => {
      if (payer !== 'undecided') return;
      payer = meant ? 'person' : 'server';
      const { left: undecided } = waiting;
      ledger.release(waiting);
      if (meant) assign(undecided);
    };
    return { reservation, decided };
  }

  openRecordingBudget(
    guildId: GuildId,
    personId: PersonId,
  ): Pick<HearingBudget, 'reservation'> | BudgetRefusal {
    const heard = this.openHearingBudget(guildId, personId);
    if (!('line' in heard)) heard.decided(true);
    return heard;
  }

  /** Finds a budget that has no room for an answer, the share of a person included. */
  findUsedBudget(guildId: GuildId, personId?: PersonId): UsedBudget | undefined {
    const least =
      this.#leastOf.get(guildId) ??
      estimateLeastCost(
        boundModelRequest({ messages: [] }),
        'answer',
        this.#options.getTariff(guildId),
      );
    const refusal = this.#findRefusal(guildId, personId, least);
    return refusal && { line: refusal.line, time: this.#formatNextDay() };
  }

  forget(guildId: GuildId, personId: PersonId) {
    this.#options.ledger.forget(guildId, personId);
    this.#news.forget(guildId, personId);
  }

  findTotal(): SpentTotal | undefined {
    return this.#options.total.findToday();
  }

  getToday(guildId: GuildId): SpentShare {
    const { clock, ledger } = this.#options;
    return toSpentShare(
      ledger.getStanding(guildId, clock.wallMs()).day,
      this.#getServerCap(guildId),
    );
  }

  getPrices(guildId: GuildId): ShownPrices {
    const tariff = this.#options.getTariff(guildId);
    const isEstimate = (rate: RolePrice) =>
      rate.kind === 'priced' && rate.isEstimate === true;
    return {
      free: paidRoles.filter((role) => tariff[role].kind === 'free'),
      estimated: paidRoles.filter((role) => isEstimate(tariff[role])),
    };
  }

  getShare(guildId: GuildId, personId: PersonId): SpentShare {
    const { caps, clock, ledger } = this.#options;
    return toSpentShare(
      ledger.getShare(guildId, personId, clock.wallMs()),
      caps.personDay,
    );
  }

  #findRefusal(
    guildId: GuildId,
    personId: PersonId | undefined,
    nanoUsd: number,
  ): BudgetRefusal | undefined {
    if (nanoUsd === 0) return undefined;
    const full = this.#listRooms(guildId, personId).find(({ cap, nanoUsd: room }) =>
      cap === 'all' ? !this.#options.total.canAfford(nanoUsd) : room < nanoUsd,
    );
    if (!full) return undefined;
    const isNews = (readerId?: PersonId) =>
      readerId === undefined
        ? this.#news.isDue(guildId, full.cap)
        : this.#news.isDue(guildId, readerId, refusalEveryMs);
    return { kind: 'refused', cap: full.cap, line: this.#toLine(full), isNews };
  }

  /** Says that the cap is used, or the rest is too small. */
  #toLine({ cap, capNanoUsd, nanoUsd }: Room): TextLine {
    const isRest = nanoUsd > capNanoUsd * (1 - warnedFrom);
    if (cap === 'server' || cap === 'all')
      return isRest
        ? { id: 'budget.rest.server' }
        : { id: 'budget.guild', with: { time: this.#formatNextDay() } };
    const nowMs = this.#options.clock.wallMs();
    const h = Math.ceil((getNextDayMs(nowMs) - nowMs) / 3_600_000);
    return isRest ? { id: 'budget.rest.person' } : { id: 'budget.user', with: { h } };
  }

  #formatNextDay() {
    return formatInstant(getNextDayMs(this.#options.clock.wallMs()));
  }

  #getPersonRoom(guildId: GuildId, personId: PersonId): Room {
    const { caps, clock, ledger, getProgramCap } = this.#options;
    const share = ledger.getShare(guildId, personId, clock.wallMs()).nanoUsd;
    const own = getProgramCap?.(personId);
    const capNanoUsd = own ?? caps.personDay;
    const nanoUsd = getLeft(capNanoUsd, share + ledger.getReserved(guildId, personId));
    return { cap: own === undefined ? 'person' : 'token', nanoUsd, capNanoUsd };
  }

  /** Lists the caps of a payer, with the free money. */
  #listRooms(guildId: GuildId, personId: PersonId | undefined) {
    const { clock, ledger, total } = this.#options;
    const { day } = ledger.getStanding(guildId, clock.wallMs());
    const taken = day.nanoUsd + ledger.getReserved(guildId);
    const capNanoUsd = this.#getServerCap(guildId);
    const rooms: readonly Room[] = [
      { cap: 'server', nanoUsd: getLeft(capNanoUsd, taken), capNanoUsd },
      { cap: 'all', nanoUsd: total.getRoom(), capNanoUsd: Infinity },
    ];
    return personId === undefined
      ? rooms
      : [...rooms, this.#getPersonRoom(guildId, personId)];
  }

  #isNearEnd(guildId: GuildId) {
    const { clock, ledger } = this.#options;
    const cap = this.#getServerCap(guildId);
    const { day } = ledger.getStanding(guildId, clock.wallMs());
    return cap > 0 && day.nanoUsd >= cap * warnedFrom;
  }

  #createHolds(reserve: Reserve) {
    const least = () =>
      this.#listRooms(reserve.guildId, reserve.personId).reduce((one, other) =>
        other.nanoUsd < one.nanoUsd ? other : one,
      );
    const { ledger, total } = this.#options;
    return createHolds(reserve, { ledger, room: least, total });
  }

  async #holdSound(bound: RequestBound, reserve: Reserve, tariff: Tariff) {
    const release = () => this.#options.ledger.release(reserve);
    const held = await this.#createHolds(reserve).takeHold(bound, (units) =>
      estimateDearestCost(bound, units, tariff),
    );
    if (typeof held === 'object') return { ...held, release };
    release();
    return held;
  }

  #openReservation(reserve: Reserve, kind: PaidKind, tariff: Tariff) {
    const { clock, ledger } = this.#options;
    const { guildId } = reserve;
    const take = (sum: Partial<Sum>) =>
      ledger.settleReserve(reserve, sum, clock.wallMs());
    const holds = this.#createHolds(reserve);
    return new Reservation({
      hold: (bound) =>
        holds.takeHold(
          bound,
          (units) => estimateDearestCost(bound, units, tariff),
          (units) => estimateSoundCost(bound, units, kind, tariff),
        ),
      pay: (what, work) =>
        this.#chargeUsage(what, guildId, work, tariff[what], take, holds.held),
      turn: () => take({ turns: 1 }),
      done: () => holds.close(),
    });
  }

  #chargeUsage(
    what: PaidRole,
    guildId: GuildId,
    { by, uses }: UsageCount,
    usual: RolePrice,
    charge: (sum: Partial<Sum>) => void,
    held = 0,
  ) {
    const rate = by ? this.#options.rateOf(by, what) : usual;
    if (rate.kind === 'free') return;
    const nanoUsd = sumCosts(uses, what, rate, held);
    charge({ nanoUsd });
    this.#options.total.watchUse();
    this.#options.onEvent(guildId, { kind: 'spent', what, usd: nanoUsd / 1e9 });
  }

  #getServerCap(guildId: GuildId) {
    const { caps, getServerCap } = this.#options;
    return chooseLowerCap(caps.serverDay, getServerCap?.(guildId) ?? 0);
  }
}

function toSpentShare({ nanoUsd, turns }: Sum, capNanoUsd: number) {
  return { usd: nanoUsd / 1e9, capUsd: capNanoUsd / 1e9, turns };
}

function getLeft(cap: number, taken: number) {
  return cap === 0 ? Infinity : cap - taken;
}

function estimateLeastCost(bound: RequestBound, kind: PaidKind, tariff: Tariff) {
  return (
    estimateDearestCost(bound, bound.least, tariff) +
    estimateSoundCost(bound, bound.least, kind, tariff)
  );
}

function estimateDearestCost(
  { role, useOf }: RequestBound,
  units: number,
  tariff: Tariff,
) {
  const cautious = useOf(units, cautiousPrices[role]);
  const getCost = (rate: RolePrice) =>
    rate.kind === 'free' ? 0 : sumCosts([useOf(units, rate.usd), cautious], role, rate);
  return Math.max(...[tariff[role], ...(tariff.others?.[role] ?? [])].map(getCost));
}

/** Estimates the cost of speaking so many tokens by a separate voice. */
function estimateSoundCost(
  { role }: RequestBound,
  units: number,
  kind: PaidKind,
  tariff: Tariff,
) {
  const { think } = tariff;
  const speaks =
    think.kind === 'priced' && think.usd.perMillionAudioOutputTokens !== undefined;
  if (role !== 'think' || speaks || paidKinds[kind].form !== 'answer') return 0;
  return estimateSpeechCost(units * charactersPerToken, tariff);
}

type HoldParts = Pick<SessionBudgetsOptions, 'ledger' | 'total'> & {
  readonly room: () => Room;
};

/** Creates the account of requests paid from one reserve, which grows while there is room. */
function createHolds(reserve: Reserve, parts: HoldParts) {
  let heldNanoUsd = 0;
  let isClosed = false;

  function getOwnNanoUsd() {
    return Math.max(0, reserve.left - heldNanoUsd);
  }

  function holdUnits(maxUnits: number, held: number) {
    heldNanoUsd += held;
    let isOver = false;
    const endHold = () => {
      if (!isOver) heldNanoUsd -= held;
      isOver = true;
      freeHolds();
    };
    return { maxUnits, release: endHold };
  }

  function freeHolds() {
    if (!isClosed) return;
    reserve.left = Math.min(reserve.left, heldNanoUsd);
    if (heldNanoUsd === 0) parts.ledger.release(reserve);
  }

  return {
    /** Frees money that running requests do not hold. */
    close() {
      isClosed = true;
      freeHolds();
    },

    /**
     * Returns the affordable units. `soundOf` prices the speech of the words, which is reserved with
     * them.
     */
    async takeHold(
      { least, most }: RequestBound,
      costOf: CostOf,
      soundOf: CostOf = () => 0,
    ) {
      const getTotal = (units: number) => costOf(units) + soundOf(units);
      const dearest = getTotal(most);
      if (dearest === 0) return undefined;
      const { room, total } = parts;
      await total.requestPortion(dearest - getOwnNanoUsd());
      const own = getOwnNanoUsd();
      const { cap, nanoUsd } = room();
      const granted = Math.min(dearest, own + nanoUsd);
      const base = getTotal(0);
      const share = dearest === base ? 1 : (granted - base) / (dearest - base);
      const units = granted < dearest ? Math.floor(most * share) : most;
      if (granted < getTotal(least) || units < least) {
        if (cap === 'all') total.onRefused();
        return cap;
      }
      reserve.left += Math.max(0, granted - own);
      return holdUnits(units, costOf(units));
    },

    get held() {
      return heldNanoUsd;
    },
  };
}

const refusalEveryMs = 10 * 60_000;

/** Remembers daily warnings to channels and refusals to people. */
function createBudgetNotices(clock: Clock) {
  const toldMs = new Map<string, number>();
  let today = '';

  return {
    /** Returns true once in `everyMs`, by default once a day. */
    isDue(guildId: GuildId, reader: string, everyMs = Infinity) {
      const nowMs = clock.wallMs();
      const day = toUtcDay(nowMs);
      if (day !== today) toldMs.clear();
      today = day;
      const key = `${guildId} ${reader}`;
      const isDue = nowMs - (toldMs.get(key) ?? -Infinity) >= everyMs;
      if (isDue) toldMs.set(key, nowMs);
      return isDue;
    },

    forget(guildId: GuildId, personId: PersonId) {
      toldMs.delete(`${guildId} ${personId}`);
    },
  };
}

/** Returns the lower cap. 0 means none. */
export function chooseLowerCap(one: number, other: number): number {
  return one === 0 || other === 0 ? one + other : Math.min(one, other);
}
