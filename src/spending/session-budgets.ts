import type { Clock } from '#src/base/clock.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import { mostSentShare } from '#src/speech/interim-budget.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type {
  AnswerBudget,
  AnswerRequest,
  BudgetAuthority,
  BudgetMode,
  BudgetRefusal,
  CaptionNewsId,
  HearingBudget,
  SpentCost,
  SpentCosts,
  SpentEvent,
  SpentShare,
} from './budget-authority.ts';
import { BudgetNotices, type PeriodSteps, stepNotices, stepsOf } from './budget-steps.ts';
import { nextDayMs, shownInstant } from './calendar.ts';
import {
  type Amount,
  add,
  type BudgetStep,
  type Caps,
  fits,
  isAtLeast,
  isOverCount,
  laterStep,
  nothing,
} from './caps.ts';
import {
  type CaptionBudgetStep,
  captionStepOf,
  type UsedBudget,
  usedBudgetText,
} from './caption-budget.ts';
import { costOf } from './cost.ts';
import { type GuildCaps, loweredCaps } from './guild-caps.ts';
import type { Payer, Reserve } from './ledger/ledger.ts';
import type { Sum } from './ledger/ledger-day.ts';
import type { BudgetExchange } from './ledger/shared-ledger.ts';
import { paidKinds } from './paid-kinds.ts';
import { busy, PersonShares, type PersonSharesOptions } from './person-shares.ts';
import type { RolePrice } from './prices/prices.ts';
import { Reservation } from './reservation.ts';
import { AskerNames, SpentToday } from './spent-today.ts';
import {
  countsSound,
  estimate,
  estimateOf,
  isFree,
  partForAnswers,
  type Tariff,
  usualAnswer,
} from './tariff.ts';
import type { SpentTotal, TotalBudget } from './total-budget.ts';
import { asTalk, takenBy, type UsageCount } from './usage-bill.ts';

export type SessionBudgetsOptions = Omit<PersonSharesOptions, 'capsIn'> & {
  /** Caps of the operator for a server. */
  readonly caps: Caps;
  /** Cap over all servers together; absent: none. */
  readonly total?: TotalBudget;
  /** Lower caps that a server has set; absent: none. */
  readonly guildCapsOf?: (guildId: string) => GuildCaps;
  readonly clock: Clock;
  /** Prices of the roles of this server now, for an answer aloud or in writing. */
  readonly tariffOf: (guildId: string, isWritten?: boolean) => Tariff;
  /** Price of any engine that was asked, usual or not. */
  readonly rateOf: (by: ServedBy) => RolePrice;
  readonly onEvent: (guildId: string, event: SpentEvent) => void;
  /** Exchange with the budgets of other processes; absent: there are none. */
  readonly exchange?: BudgetExchange;
  /** Whether captions are on in this server; absent: nowhere. */
  readonly keepsCaptions?: (guildId: string) => boolean;
  /** Whether a recogniser that costs nothing can write the captions of this server; absent: nowhere. */
  readonly hasFreeCaptions?: (guildId: string) => boolean;
};

/** Lets answers begin as long as they fit into the budgets, and charges what they really took. */
export class SessionBudgets implements BudgetAuthority, SpentCosts {
  readonly #options: SessionBudgetsOptions;
  readonly #news: BudgetNotices;
  readonly #shares: PersonShares;
  readonly #names = new AskerNames();
  readonly #spent: SpentToday;
  /** Expected amount of the latest spoken answer of each server. */
  readonly #typical = new Map<string, Amount>();

  constructor(options: SessionBudgetsOptions) {
    this.#options = options;
    const { clock, ledger } = options;
    this.#news = new BudgetNotices((guildId) => ledger.daysIn(guildId, clock.wallMs()).day);
    const capsIn = (guildId: string) => this.#caps(guildId);
    this.#shares = new PersonShares({ ...options, capsIn });
    this.#spent = new SpentToday({ ...options, capsIn, names: this.#names });
  }

  open(order: AnswerRequest): AnswerBudget | BudgetRefusal {
    const { clock, ledger, tariffOf } = this.#options;
    const { guildId, personId, name } = order;
    const { form, payer: payerKind, reportsNews } = paidKinds[order.kind];
    const isWritten = form === 'writing';
    const isTheirs = payerKind === 'person';
    const payer = isTheirs ? (order.payer ?? this.payer(guildId, personId)) : {};
    const tariff = tariffOf(guildId, isWritten && order.heardMs === 0);
    if (payer.personId !== undefined) this.#names.set(guildId, personId, name);
    const expected = isFree(tariff) ? nothing : estimateOf(order, tariff);
    if (order.kind === 'answer') this.#typical.set(guildId, expected);
    const refused = isFree(tariff) ? undefined : this.#refusal(order, expected, tariff);
    if (refused) return refused;
    const reserve = ledger.reserve(guildId, payer, expected, clock.wallMs());
    this.#options.exchange?.changed(guildId);
    const news = reportsNews && this.#warning(guildId);
    const reservation = this.#reservation(order, reserve, tariff);
    return { kind: 'open', reservation, ...(news && { news }) };
  }

  ready(guildId: string): Promise<void> | undefined {
    return this.#options.exchange?.ready(guildId);
  }

  payer(guildId: string, personId: string): Payer {
    const { clock, ledger } = this.#options;
    return ledger.payer(guildId, personId, clock.wallMs());
  }

  listen(
    guildId: string,
    personId: string,
    isCaptioned = false,
    hasFree = false,
  ): HearingBudget | BudgetRefusal {
    void this.ready(guildId); // asked for before the answer needs it
    const rate = this.#options.tariffOf(guildId).recognise;
    const isFree = rate.kind === 'free';
    const sound = this.#soundOf(guildId, personId);
    const reservation = new Reservation({
      // Where it is usually free, what is heard counts with the turn.
      pay: (what, work, newMs) =>
        this.#charge(what, guildId, work, rate, isFree ? 0 : newMs, (sum) => sound.charge(sum)),
    });
    const captions = this.#captionStep(guildId, rate);
    const decided = (meant: boolean, forCaptions: boolean) =>
      sound.decided(meant ? 'person' : forCaptions ? 'captions' : 'server');
    const open = { reservation, captions, decided } as const;
    if (isFree) return open;
    const isForCaptions = isCaptioned && (captions !== 'ended' || hasFree);
    if (!isForCaptions && this.#shares.isUsed(guildId, personId))
      return this.#shareUsed(guildId, personId);
    const isOver = this.manner(guildId).step === 'quiet';
    if (isOver && isCaptioned && hasFree) return { ...open, isFreeOnly: true };
    return isOver ? this.#budgetUsed(guildId) : open;
  }

  listenToRecording(guildId: string, personId: string) {
    const heard = this.listen(guildId, personId);
    if (!('line' in heard)) heard.decided(true, false);
    return heard;
  }

  captionNews(guildId: string, id: CaptionNewsId): TextLine | undefined {
    if (!this.#news.first(guildId, id)) return undefined;
    if (id === 'captions.budget.warn') return { id };
    return { id, with: { time: shownInstant(this.#untilMs(guildId, 'day')) } };
  }

  hourPrice(guildId: string): number | undefined {
    const { recognise, streams } = this.#options.tariffOf(guildId);
    const share = streams ? 1 : mostSentShare;
    const nanoUsd = costOf({ kind: 'heard', ms: 3_600_000 * share }, recognise);
    return nanoUsd === undefined ? undefined : nanoUsd / 1e9;
  }

  read(guildId: string, personId: string, characters: number): BudgetRefusal | undefined {
    const { speak } = this.#options.tariffOf(guildId);
    if (this.#shares.payReading(guildId, personId, characters, speak)) return undefined;
    return this.#shareUsed(guildId, personId);
  }

  manner(guildId: string): BudgetMode {
    const tariff = this.#options.tariffOf(guildId);
    if (isFree(tariff)) return { step: 'full', isVoiceCheap: false };
    const { day, month } = this.#steps(guildId, tariff);
    const captions = this.#captionStepWhileOn(guildId);
    const own = this.#areCaptionsLast(guildId, captions) ? 'captions' : 'full';
    const total = this.#totalStep(guildId, tariff);
    const step = [day, month, total].reduce(laterStep, own);
    const isVoiceCheap = tariff.cheaperVoice !== undefined && isAtLeast(step, 'cheaper');
    const isSparing = step !== 'full' || captions !== 'full';
    if (!isAtLeast(step, 'captions')) return { step, isSparing, isVoiceCheap };
    const used = this.#used(guildId);
    const { line } = this.#budgetUsed(guildId, used);
    const untilMs = this.#untilMs(guildId, used);
    return { step, isSparing, isVoiceCheap, quiet: { line, time: shownInstant(untilMs), untilMs } };
  }

  forget(guildId: string, personId: string): void {
    this.#shares.forget(guildId, personId);
    this.#news.forget(guildId, personId);
    this.#names.forget(guildId, personId);
  }

  total(): SpentTotal | undefined {
    return this.#options.total?.today();
  }

  today(guildId: string): SpentCost {
    return this.#spent.today(guildId);
  }

  share(guildId: string, personId: string): SpentShare {
    return this.#spent.share(guildId, personId);
  }

  #refusal(order: AnswerRequest, expected: Amount, tariff: Tariff): BudgetRefusal | undefined {
    const { ledger } = this.#options;
    const { guildId, kind, personId } = order;
    const { isOneByOne, passesShare, payer } = paidKinds[kind];
    if (isOneByOne && this.#shares.has(order)) return busy;
    const caps = this.#caps(guildId);
    const { day, month } = this.#standing(guildId);
    const more = add(ledger.reserved(guildId), expected);
    const part = partForAnswers(tariff);
    const isUsed =
      payer === 'captions' && captionsUsed.has(this.#captionStep(guildId, tariff.think));
    if (isUsed || this.#areCaptionsLast(guildId) || isOverCount(day, caps))
      return this.#budgetUsed(guildId, 'day');
    const fitsCaps =
      fits(day, more, caps.serverDay, part) && fits(month, more, caps.serverMonth, part);
    if (!fitsCaps)
      return this.#budgetUsed(guildId, fits(month, more, caps.serverMonth, part) ? 'day' : 'month');
    if (this.#options.total?.fits(expected, part) === false)
      return this.#budgetUsed(guildId, 'total');
    if (payer !== 'person' || this.#shares.fits(guildId, personId, expected, passesShare))
      return undefined;
    return this.#shareUsed(guildId, personId);
  }

  #shareUsed(guildId: string, personId: string): BudgetRefusal {
    const nowMs = this.#options.clock.wallMs();
    const hours = Math.ceil((this.#untilMs(guildId, 'day') - nowMs) / 3_600_000);
    const line: TextLine = { id: 'budget.user', with: { h: hours } };
    return { kind: 'refused', line, isNews: () => this.#news.first(guildId, 'user', personId) };
  }

  #budgetUsed(guildId: string, used = this.#used(guildId)): BudgetRefusal {
    const untilMs = this.#untilMs(guildId, used);
    const time = shownInstant(untilMs);
    if (used === 'total') {
      const line: TextLine = {
        id: 'budget.total',
        with: { time: shownInstant(untilMs, 'time') },
      };
      return { kind: 'refused', line, isNews: () => this.#news.first(guildId, 'total') };
    }
    const { day, month } = this.#steps(guildId, this.#options.tariffOf(guildId));
    const isQuiet = laterStep(day, month) === 'quiet';
    const keepsCaptions = this.#options.keepsCaptions?.(guildId) === true;
    const goesOn = keepsCaptions && this.#options.hasFreeCaptions?.(guildId) === true;
    if (!isAtLeast(laterStep(day, month), 'captions') && this.#areCaptionsLast(guildId)) {
      const id = 'captions.budget.last';
      return {
        kind: 'refused',
        line: { id, with: { time } },
        isNews: () => this.#news.first(guildId, id),
      };
    }
    const line: TextLine = {
      id: usedBudgetText(used === 'month', isQuiet && !goesOn, keepsCaptions),
      with: { time },
    };
    const key = isQuiet ? 'quiet' : 'captions';
    return { kind: 'refused', line, isNews: () => this.#news.first(guildId, key) };
  }

  #warning(guildId: string): TextLine | undefined {
    const tariff = this.#options.tariffOf(guildId);
    if (isFree(tariff)) return undefined;
    const { day, month } = this.#steps(guildId, tariff);
    const hasCheaperVoice = tariff.cheaperVoice !== undefined;
    const notices = stepNotices({ day, month }, hasCheaperVoice);
    return notices.find((notice) => notice && this.#news.first(guildId, notice.key))?.line;
  }

  #steps(guildId: string, tariff: Tariff): PeriodSteps {
    const typical = this.#typicalOf(guildId, tariff);
    const part = partForAnswers(tariff);
    return stepsOf(this.#standing(guildId), this.#caps(guildId), typical, part);
  }

  #totalStep(guildId: string, tariff: Tariff): BudgetStep {
    const { total } = this.#options;
    return total?.step(this.#typicalOf(guildId, tariff), partForAnswers(tariff)) ?? 'full';
  }

  #typicalOf(guildId: string, tariff: Tariff): Amount {
    return this.#typical.get(guildId) ?? estimate(tariff, usualAnswer);
  }

  /** The budget that is used up for longest. */
  #used(guildId: string): UsedBudget {
    const { day, month } = this.#steps(guildId, this.#options.tariffOf(guildId));
    if (isAtLeast(month, 'captions')) return 'month';
    const isDay = isAtLeast(day, 'captions') || this.#areCaptionsLast(guildId);
    return isDay ? 'day' : 'total';
  }

  #untilMs(guildId: string, used: UsedBudget): number {
    const { clock, ledger } = this.#options;
    const nowMs = clock.wallMs();
    if (used === 'total') return nextDayMs(nowMs);
    const { dayEndMs, monthEndMs } = ledger.daysIn(guildId, nowMs);
    return used === 'month' ? monthEndMs : dayEndMs;
  }

  #reservation(order: AnswerRequest, reserve: Reserve, tariff: Tariff): Reservation {
    const { clock, ledger } = this.#options;
    const { guildId, heardMs, kind } = order;
    const { form, payer } = paidKinds[kind];
    const take = (sum: Partial<Sum>) => {
      ledger.take(reserve, sum, clock.wallMs());
      if (payer === 'captions') ledger.assignToCaptions(guildId, sum, clock.wallMs());
    };
    const isCheap = form === 'answer' && this.manner(guildId).isVoiceCheap;
    const voice = (isCheap && tariff.cheaperVoice) || tariff.speak;
    const rates = { recognise: tariff.recognise, think: tariff.think, speak: voice };
    const isTalk = countsSound(tariff) && form === 'answer';
    const leave = this.#shares.enter(order);
    return new Reservation({
      pay: (what, work, ms) => {
        const isToCount = form === 'writing' && what === 'think';
        const charge = isToCount ? (sum: Partial<Sum>) => take(asTalk(sum, work)) : take;
        const talkMs = form === 'speech' && voice.kind !== 'free' ? ms : 0;
        this.#charge(what, guildId, work, rates[what], talkMs, charge);
      },
      talked: (ms) => {
        if (isTalk) take({ ms: Math.round(ms) });
      },
      turn: () => {
        const asked = isTalk && tariff.recognise.kind === 'free' ? Math.round(heardMs) : 0;
        take({ turns: 1, ms: asked });
      },
      done: () => {
        leave();
        ledger.release(reserve);
        this.#options.exchange?.changed(guildId);
      },
    });
  }

  #charge(
    what: SpentEvent['what'],
    guildId: string,
    work: UsageCount,
    usual: RolePrice,
    ms: number,
    charge: (sum: Partial<Sum>) => void,
  ): void {
    const taken = takenBy(work, work.by ? this.#options.rateOf(work.by) : usual, usual, ms);
    if (!taken) return;
    charge(taken.sum);
    if (taken.isFree) return;
    this.#options.total?.watch();
    const { nanoUsd } = taken.sum;
    const priced = nanoUsd !== undefined && { usd: nanoUsd / 1e9 };
    this.#options.onEvent(guildId, { kind: 'spent', what, ...priced });
  }

  /** Captions have used their own budget and take what is left of the server's, before anything else does. */
  #areCaptionsLast(guildId: string, captions = this.#captionStepWhileOn(guildId)): boolean {
    return captions === 'used' && this.#options.hasFreeCaptions?.(guildId) !== true;
  }

  /** Step of the captions' own budget, by the price of recognition; full while captions are off. */
  #captionStepWhileOn(guildId: string): CaptionBudgetStep {
    const { keepsCaptions, tariffOf } = this.#options;
    return keepsCaptions?.(guildId) === true
      ? this.#captionStep(guildId, tariffOf(guildId).recognise)
      : 'full';
  }

  #captionStep(guildId: string, rate: RolePrice): CaptionBudgetStep {
    return captionStepOf(this.#standing(guildId).captions, this.#caps(guildId), rate);
  }

  #soundOf(guildId: string, personId: string): RecognisedSound {
    const { clock, ledger } = this.#options;
    const payer = this.payer(guildId, personId);
    return new RecognisedSound({
      charge: (sum) => this.#chargeLedger(guildId, undefined, sum),
      assign: (owner, sum) =>
        owner === 'person'
          ? ledger.assign(guildId, payer, sum, clock.wallMs())
          : ledger.assignToCaptions(guildId, sum, clock.wallMs()),
    });
  }

  #chargeLedger(guildId: string, payer: Payer | undefined, sum: Partial<Sum>): void {
    this.#options.ledger.charge(guildId, payer, sum, this.#options.clock.wallMs());
  }

  #caps(guildId: string): Caps {
    const { caps, guildCapsOf } = this.#options;
    return guildCapsOf ? loweredCaps(caps, guildCapsOf(guildId)) : caps;
  }

  #standing(guildId: string) {
    return this.#options.ledger.standing(guildId, this.#options.clock.wallMs());
  }
}

const captionsUsed: ReadonlySet<CaptionBudgetStep> = new Set(['used', 'ended']);

/** Payer of one utterance, once it is decided: the person who asked for it, or the server, for captions or without. */
type Owner = 'undecided' | 'person' | 'captions' | 'server';

/** Books of a server, as far as recognised sound is concerned. */
interface RecognisedSoundAccount {
  /** Counts it for the server. */
  charge(sum: Partial<Sum>): void;
  /** Counts what the server was charged for as a part of one person, or of captions. */
  assign(owner: 'person' | 'captions', sum: Partial<Sum>): void;
}

const noSum: Sum = { ...nothing, turns: 0, unpriced: 0 };

/** Cost of recognising one utterance: the server is charged at once, a person only after they asked for it. */
class RecognisedSound {
  readonly #account: RecognisedSoundAccount;
  #owner: Owner = 'undecided';
  #sum = noSum;

  constructor(account: RecognisedSoundAccount) {
    this.#account = account;
  }

  charge(sum: Partial<Sum>): void {
    this.#account.charge(sum);
    if (this.#owner === 'person' || this.#owner === 'captions')
      this.#account.assign(this.#owner, sum);
    if (this.#owner !== 'undecided') return;
    const { turns = 0, unpriced = 0, nanoUsd = 0, ms = 0 } = sum;
    this.#sum = {
      ...add(this.#sum, { nanoUsd, ms }),
      turns: this.#sum.turns + turns,
      unpriced: this.#sum.unpriced + unpriced,
    };
  }

  /** Only the first decision counts. */
  decided(owner: Exclude<Owner, 'undecided'>): void {
    if (this.#owner !== 'undecided') return;
    this.#owner = owner;
    if (owner !== 'server') this.#account.assign(owner, this.#sum);
  }
}
