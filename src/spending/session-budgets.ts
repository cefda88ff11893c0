import type { Clock } from '#src/base/clock.ts';
import type { BudgetCap } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import type { Ledger, Reserve, Sum } from '#src/spending/ledger/ledger.ts';
import type { Portions } from '#src/spending/ledger/portion-keeper.ts';
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
import { HeldRequests, isStoredCap, type Room } from './held-requests.ts';
import {
  boundModelRequest,
  boundSpeech,
  estimateSpeechCost,
  isPaidByTime,
  type RequestBound,
  Reservation,
  type Tariff,
  type UsageCount,
} from './reservation.ts';
import type { SpentTotal, TotalBudget } from './total-budget.ts';

/** Caps, prices and listeners of the budgets. */
export type SessionBudgetsOptions = {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly caps: Caps;
  readonly total: TotalBudget;
  /** Stored money, from which requests are held. */
  readonly portions: Portions;
  /** Gets the server's own daily cap in billionths of a dollar. 0 means none. */
  readonly getServerCap?: (guildId: GuildId) => number;
  /** Gets the daily cap of a program. Undefined: the cap of a person. */
  readonly getProgramCap?: (payerId: PersonId) => number | undefined;
  /** Gets current prices for an answer aloud or in writing. */
  readonly getTariff: (guildId: GuildId, isWritten?: boolean) => Tariff;
  /** Gets the rate of the server and model that served a request. */
  readonly getRate: (by: ServedBy, role: PaidRole) => RolePrice;
  /** Takes each amount when it is charged. */
  readonly onEvent: (guildId: GuildId, event: SpentEvent) => void;
};

/** Share of the cap that warns the channel. */
const warnedFrom = 0.8;

/** Decides which paid work begins, by the caps of person, server and all servers. Days are days of UTC. */
export class SessionBudgets {
  readonly #options: SessionBudgetsOptions;
  readonly #notices: BudgetNotices;
  /** Least cost of the newest answer in each server, in billionths of a dollar. */
  readonly #minCosts = new Map<GuildId, number>();

  constructor(options: SessionBudgetsOptions) {
    this.#options = options;
    this.#notices = new BudgetNotices(options.clock);
  }

  /** Opens the budget of an answer, reserving the least cost: 100 tokens and their sound. */
  open(order: AnswerRequest): AnswerBudget | BudgetRefusal {
    const { clock, ledger, getTariff } = this.#options;
    const { first: firstRequest, guildId, kind } = order;
    const { form, payer, reportsNews } = paidKinds[kind];
    const personId = payer === 'person' ? order.personId : undefined;
    const isText = typeof firstRequest === 'string';
    const tariff = getTariff(
      guildId,
      form === 'writing' && !isText && !firstRequest.heardMs,
    );
    const minNanoUsd = estimateMinCost(
      isText ? boundSpeech(firstRequest) : boundModelRequest(firstRequest),
      kind,
      tariff,
    );
    if (kind === 'answer') this.#minCosts.set(guildId, minNanoUsd);
    const refusal = this.#findRefusal(guildId, personId, minNanoUsd);
    if (refusal) return refusal;
    const reservation = this.#openReservation(
      ledger.reserve(guildId, personId, minNanoUsd, clock.wallMs()),
      kind,
      tariff,
    );
    const isNear =
      reportsNews && this.#isNearEnd(guildId) && this.#notices.isDue(guildId, '80 %');
    return {
      kind: 'open',
      reservation,
      news: isNear ? { id: 'budget.warn' } : undefined,
    };
  }

  /** Opens the budget to recognise live speech, unless refused. Captions do not need the share of the person. */
  openHearingBudget(
    guildId: GuildId,
    personId: PersonId,
    isCaptioned = false,
  ): HearingBudget | BudgetRefusal {
    return this.#openSoundBudget(guildId, personId, isCaptioned, true);
  }

  #openSoundBudget(
    guildId: GuildId,
    personId: PersonId,
    isCaptioned: boolean,
    isLive: boolean,
  ): HearingBudget | BudgetRefusal {
    const { clock, ledger, getTariff, portions } = this.#options;
    const tariff = getTariff(guildId);
    const rate = tariff.recognise;
    const payerId = isCaptioned ? undefined : personId;
    const refusal = this.#findRefusal(guildId, payerId, rate.kind === 'free' ? 0 : 1);
    if (refusal) return refusal;
    if (rate.kind !== 'free') portions.prepare(guildId, personId);
    // Sound belongs to the day on which it was sent, whose portion covers it.
    let sentWallMs = clock.wallMs();
    const chargePerson = (nanoUsd: number) => {
      const fits =
        !isCaptioned || this.#getPersonRoom(guildId, personId).nanoUsd >= nanoUsd;
      if (fits) ledger.assign(guildId, personId, { nanoUsd }, sentWallMs);
    };
    // The server is charged at once, the person only for an utterance to the bot.
    let payer: 'undecided' | 'person' | 'server' = 'undecided';
    const waiting = ledger.reserve(guildId, payerId, 0, sentWallMs);
    const chargeServer = ({ nanoUsd = 0 }: Partial<Sum>) => {
      ledger.charge(guildId, undefined, { nanoUsd }, sentWallMs);
      if (payer === 'person') chargePerson(nanoUsd);
      if (payer !== 'undecided') return;
      waiting.left += nanoUsd;
    };
    const reservation = new Reservation({
      guildId,
      isLive,
      pay: (role, work) => this.#chargeUsage(role, guildId, work, rate, chargeServer),
      hold: (bound) => {
        sentWallMs = clock.wallMs();
        const reserve = ledger.reserve(guildId, payerId, 0, sentWallMs);
        return this.#holdSound(bound, reserve, tariff);
      },
    });
    const decide = (isMeant: boolean) => {
      if (payer !== 'undecided') return;
      payer = isMeant ? 'person' : 'server';
      const { left: undecidedNanoUsd } = waiting;
      ledger.release(waiting);
      if (isMeant) chargePerson(undecidedNanoUsd);
    };
    return { reservation, decide };
  }

  /** Opens the budget to recognise a recording, which the person pays, unless refused. */
  openRecordingBudget(
    guildId: GuildId,
    personId: PersonId,
  ): Pick<HearingBudget, 'reservation'> | BudgetRefusal {
    const budget = this.#openSoundBudget(guildId, personId, false, false);
    if (!('line' in budget)) budget.decide(true);
    return budget;
  }

  /** Finds a budget that has no room for an answer, the share of a person included. */
  findUsedBudget(guildId: GuildId, personId?: PersonId): UsedBudget | undefined {
    const refusal = this.#findRefusal(guildId, personId, this.#getMinCost(guildId));
    return refusal && { line: refusal.line, time: this.#formatNextDay() };
  }

  /** Gets the least cost of an answer, as the last one had it. */
  #getMinCost(guildId: GuildId) {
    const known = this.#minCosts.get(guildId);
    if (known !== undefined) return known;
    const tariff = this.#options.getTariff(guildId);
    return estimateMinCost(boundModelRequest({ messages: [] }), 'answer', tariff);
  }

  /** Finds a budget that has no room to recognise words, the share of a person included. Undefined also where that is free. */
  findUsedHearingBudget(guildId: GuildId, personId?: PersonId): UsedBudget | undefined {
    const isFree = this.#options.getTariff(guildId).recognise.kind === 'free';
    const refusal = this.#findRefusal(guildId, personId, isFree ? 0 : 1);
    return refusal && { line: refusal.line, time: this.#formatNextDay() };
  }

  /** Stops storing the sums of a person in a server. They count until the process ends. */
  forget(guildId: GuildId, personId: PersonId): void {
    this.#options.ledger.forget(guildId, personId);
    this.#notices.forget(guildId, personId);
  }

  /** US dollars that all servers have spent today, and the cap. Undefined without a cap. */
  findTotal(): SpentTotal | undefined {
    return this.#options.total.findToday();
  }

  /** Sums of a server today, with its cap. */
  getToday(guildId: GuildId): SpentShare {
    const { clock, ledger } = this.#options;
    return toSpentShare(
      ledger.getStanding(guildId, clock.wallMs()).day,
      this.#getServerCap(guildId),
    );
  }

  /** Lists the free roles of a server, and those of estimated price. */
  getPrices(guildId: GuildId): ShownPrices {
    const tariff = this.#options.getTariff(guildId);
    const isEstimate = (rate: RolePrice) =>
      rate.kind === 'priced' && rate.isEstimate === true;
    return {
      free: paidRoles.filter((role) => tariff[role].kind === 'free'),
      estimated: paidRoles.filter((role) => isEstimate(tariff[role])),
    };
  }

  /** Sums of a person in a server today, with the cap of people. */
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
    const full = this.#listRooms(guildId, personId).find(
      ({ cap, nanoUsd: remainingNanoUsd }) =>
        isStoredCap(cap)
          ? !this.#options.portions.canAfford(guildId, personId, nanoUsd)
          : remainingNanoUsd < nanoUsd,
    );
    if (!full) return undefined;
    if (full.cap === 'all') this.#options.total.onRefused();
    const isNews = (readerId?: PersonId) =>
      readerId === undefined
        ? this.#notices.isDue(guildId, full.cap)
        : this.#notices.isDue(guildId, readerId, refusalEveryMs);
    return { kind: 'refused', cap: full.cap, line: this.#toLine(full), isNews };
  }

  /** Tells that the cap is used, or that the rest is too small. */
  #toLine({ cap, capNanoUsd, spentNanoUsd }: Room): TextLine {
    if (cap === 'unstored') return { id: 'budget.unstored' };
    const isRest = spentNanoUsd < capNanoUsd * warnedFrom;
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
    const programCap = getProgramCap?.(personId);
    const capNanoUsd = programCap ?? caps.personDay;
    const nanoUsd = getLeft(capNanoUsd, share + ledger.getReserved(guildId, personId));
    return {
      cap: programCap === undefined ? 'person' : 'token',
      nanoUsd,
      spentNanoUsd: share,
      capNanoUsd,
    };
  }

  /** Lists the caps of a payer, with the free money. */
  #listRooms(guildId: GuildId, personId: PersonId | undefined) {
    const { clock, ledger, portions } = this.#options;
    const { day } = ledger.getStanding(guildId, clock.wallMs());
    const taken = day.nanoUsd + ledger.getReserved(guildId);
    const capNanoUsd = this.#getServerCap(guildId);
    const rooms: readonly Room[] = [
      {
        cap: 'server',
        nanoUsd: getLeft(capNanoUsd, taken),
        spentNanoUsd: day.nanoUsd,
        capNanoUsd,
      },
      {
        cap: portions.limit,
        nanoUsd: portions.getRoom(guildId, personId),
        spentNanoUsd: Infinity,
        capNanoUsd: Infinity,
      },
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

  #createHeldRequests(reserve: Reserve) {
    const listRooms = () => this.#listRooms(reserve.guildId, reserve.personId);
    return new HeldRequests(reserve, { ...this.#options, listRooms });
  }

  async #holdSound(bound: RequestBound, reserve: Reserve, tariff: Tariff) {
    const releaseReserve = () => this.#options.ledger.release(reserve);
    const hold = await this.#createHeldRequests(reserve).takeHold(bound, (units) =>
      estimateDearestCost(bound, units, tariff),
    );
    if (typeof hold === 'object') return { ...hold, release: releaseReserve };
    releaseReserve();
    return hold;
  }

  #openReservation(reserve: Reserve, kind: PaidKind, tariff: Tariff) {
    const { guildId } = reserve;
    const settleUse = (sum: Partial<Sum>) =>
      this.#options.ledger.settleReserve(reserve, sum);
    const requests = this.#createHeldRequests(reserve);
    return new Reservation({
      guildId,
      hold: (bound) =>
        requests.takeHold(
          bound,
          (units) =>
            bound.by
              ? this.#estimateServedCost(bound, units, bound.by)
              : estimateDearestCost(bound, units, tariff),
          (units) => (bound.by ? 0 : estimateSoundCost(bound, units, kind, tariff)),
          // Time of a session may not take the money of the answer that it is for, whose words are not known yet.
          bound.by ? 2 * this.#getMinCost(guildId) : 0,
        ),
      pay: (role, work) =>
        this.#chargeUsage(
          role,
          guildId,
          work,
          tariff[role],
          settleUse,
          requests.heldNanoUsd,
        ),
      turn: () => settleUse({ turns: 1 }),
      done: () => requests.close(),
    });
  }

  /** Estimates the cost of work that no other server may do. */
  #estimateServedCost(bound: RequestBound, units: number, by: ServedBy) {
    const rate = this.#options.getRate(by, bound.role);
    return estimateDearestCost(bound, units, {
      recognise: rate,
      think: rate,
      speak: rate,
    });
  }

  #chargeUsage(
    role: PaidRole,
    guildId: GuildId,
    { by, uses }: UsageCount,
    standardRate: RolePrice,
    charge: (sum: Partial<Sum>) => void,
    heldNanoUsd = 0,
  ) {
    const rate = by ? this.#options.getRate(by, role) : standardRate;
    if (rate.kind === 'free') return;
    const nanoUsd = sumCosts(uses, role, rate, heldNanoUsd);
    charge({ nanoUsd });
    this.#options.total.watchUse();
    const time = role === 'think' && uses.find(({ kind }) => kind === 'heard');
    this.#options.onEvent(guildId, {
      kind: 'spent',
      what: role,
      usd: nanoUsd / 1e9,
      ...(time && 'ms' in time && { talkMs: time.ms }),
    });
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

function estimateMinCost(bound: RequestBound, kind: PaidKind, tariff: Tariff) {
  return (
    estimateDearestCost(bound, bound.minUnits, tariff) +
    estimateSoundCost(bound, bound.minUnits, kind, tariff)
  );
}

function estimateDearestCost(
  { role, toUse }: RequestBound,
  units: number,
  tariff: Tariff,
) {
  const cautious = toUse(units, cautiousPrices[role]);
  const getCost = (rate: RolePrice) =>
    rate.kind === 'free' ? 0 : sumCosts([toUse(units, rate.usd), cautious], role, rate);
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
    think.kind === 'priced' &&
    (think.usd.perMillionAudioOutputTokens !== undefined || isPaidByTime(think.usd));
  if (role !== 'think' || speaks || paidKinds[kind].form !== 'answer') return 0;
  return estimateSpeechCost(units * charactersPerToken, tariff);
}

const refusalEveryMs = 10 * 60_000;

/** Remembers daily warnings to channels and refusals to people. */
class BudgetNotices {
  readonly #clock: Clock;
  readonly #toldMs = new Map<string, number>();
  #today = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns true once in `everyMs`, by default once a day. */
  isDue(
    guildId: GuildId,
    reader: PersonId | BudgetCap | '80 %',
    everyMs: number = Infinity,
  ): boolean {
    const nowMs = this.#clock.wallMs();
    const day = toUtcDay(nowMs);
    if (day !== this.#today) this.#toldMs.clear();
    this.#today = day;
    const key = `${guildId} ${reader}`;
    const isDue = nowMs - (this.#toldMs.get(key) ?? -Infinity) >= everyMs;
    if (isDue) this.#toldMs.set(key, nowMs);
    return isDue;
  }

  /** Forgets refusals that a person was told in a server. */
  forget(guildId: GuildId, personId: PersonId): void {
    this.#toldMs.delete(`${guildId} ${personId}`);
  }
}

/** Returns the lower cap. 0 means none. */
export function chooseLowerCap(cap: number, otherCap: number): number {
  return cap === 0 || otherCap === 0 ? cap + otherCap : Math.min(cap, otherCap);
}
