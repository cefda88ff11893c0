import type { Clock } from '#src/base/clock.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import type { SpokenUsage } from '#src/speech/fallbacks/metered-voice.ts';
import type { RolePrice } from '#src/spending/prices/prices.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { AskerNames } from './asker-names.ts';
import type {
  AnswerBudget,
  AnswerRequest,
  BudgetAuthority,
  BudgetMode,
  BudgetRefusal,
  CaptionNewsId,
  HearingBudget,
  OnRecognised,
  SpentCost,
  SpentCosts,
  SpentEvent,
} from './budget-authority.ts';
import { BudgetNotices } from './budget-notices.ts';
import { midnightOf, nextDayMs, nextMonthMs } from './calendar.ts';
import {
  type Amount,
  add,
  type BudgetStep,
  type Caps,
  costliest,
  fits,
  isAtLeast,
  isOverCount,
  laterStep,
  nothing,
  stepOf,
} from './caps.ts';
import { type CaptionBudgetStep, captionStepOf, usedBudgetText } from './caption-budget.ts';
import { costOf } from './cost.ts';
import type { Ledger, Payer, Reserve } from './ledger/ledger.ts';
import type { Sum } from './ledger/ledger-day.ts';
import type { BudgetExchange } from './ledger/shared-ledger.ts';
import { RecognisedSound } from './recognised-sound.ts';
import { countsSound, estimate, isFree, partForAnswers, type Tariff } from './tariff.ts';
import { AnswerUsage, asTalk, type UsageCount, workOf } from './usage-bill.ts';

export type SessionBudgetsOptions = {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly caps: Caps;
  /** Prices of the roles of this server now, for an answer aloud or in writing. */
  readonly tariffOf: (guildId: string, isWritten?: boolean) => Tariff;
  /** Price of any engine that was asked, usual or not. */
  readonly rateOf: (by: ServedBy) => RolePrice;
  readonly onEvent: (guildId: string, event: SpentEvent) => void;
  /** What other processes spend; absent: there are none. */
  readonly exchange?: BudgetExchange;
  /** Whether captions are on in this server; absent: nowhere. */
  readonly keepsCaptions?: (guildId: string) => boolean;
};

/** Assumed size of an answer where no question is asked: characters shown, ms heard. */
const usual = { characters: 2_000, heardMs: 4_000 };

/** Lets answers begin as long as they fit into the budgets, and charges what they really took. */
export class SessionBudgets implements BudgetAuthority, SpentCosts {
  readonly #options: SessionBudgetsOptions;
  readonly #news: BudgetNotices;
  readonly #names = new AskerNames();
  /** Expected amount of the latest spoken answer of each server. */
  readonly #typical = new Map<string, Amount>();

  constructor(options: SessionBudgetsOptions) {
    this.#options = options;
    this.#news = new BudgetNotices(options.clock);
  }

  open(order: AnswerRequest): AnswerBudget | BudgetRefusal {
    const { clock, ledger, tariffOf } = this.#options;
    const { guildId, personId, name, isWritten } = order;
    const payer = order.isForCaptions ? {} : (order.payer ?? this.payer(guildId, personId));
    const tariff = tariffOf(guildId, isWritten && order.heardMs === 0);
    if (payer.personId !== undefined) this.#names.set(guildId, personId, name);
    const expected = isFree(tariff) ? nothing : estimate(tariff, order);
    if (!isWritten) this.#typical.set(guildId, expected);
    const refused = isFree(tariff) ? undefined : this.#refusal(order, expected, tariff);
    if (refused) return refused;
    const reserve = ledger.reserve(guildId, payer, expected, clock.wallMs());
    this.#options.exchange?.changed(guildId);
    const news = this.#warning(guildId);
    return { kind: 'open', bill: this.#bill(order, reserve, tariff), ...(news && { news }) };
  }

  ready(guildId: string): Promise<void> | undefined {
    return this.#options.exchange?.ready(guildId);
  }

  payer(guildId: string, personId: string): Payer {
    const { clock, ledger } = this.#options;
    return ledger.payer(guildId, personId, clock.wallMs());
  }

  listen(guildId: string, personId: string, isCaptioned = false): HearingBudget | BudgetRefusal {
    const { caps, clock, ledger } = this.#options;
    void this.ready(guildId); // asked for before the answer needs it
    const rate = this.#options.tariffOf(guildId).recognise;
    const isFree = rate.kind === 'free';
    const sound = this.#soundOf(guildId, personId);
    const heard: OnRecognised = (ms, newMs, took) => {
      const work = workOf(took, { kind: 'heard', ms });
      // Where it is usually free, what is heard counts with the turn.
      this.#charge('recognise', guildId, work, rate, isFree ? 0 : newMs, (sum) => sound.took(sum));
    };
    const captions = this.#captionStep(guildId, rate);
    const decided = (meant: boolean, forCaptions: boolean) =>
      sound.decided(meant ? 'person' : forCaptions ? 'captions' : 'server');
    const open = { heard, captions, decided } as const;
    if (isFree) return open;
    const theirs = ledger.shareOf(guildId, personId, clock.wallMs());
    const isForCaptions = isCaptioned && captions !== 'used';
    if (!isForCaptions && stepOf(theirs, caps.personDay, nothing, 1) === 'quiet')
      return this.#shareUsed(guildId, personId);
    if (this.manner(guildId).step === 'quiet') return this.#budgetUsed(guildId);
    return open;
  }

  isCaptionNews(guildId: string, id: CaptionNewsId): boolean {
    return this.#news.first(guildId, id);
  }

  hourPrice(guildId: string): number | undefined {
    const { recognise } = this.#options.tariffOf(guildId);
    const nanoUsd = costOf({ kind: 'heard', ms: 3_600_000 }, recognise);
    return nanoUsd === undefined ? undefined : nanoUsd / 1e9;
  }

  spoke(guildId: string, { took, ...spoken }: SpokenUsage): void {
    const { ms } = spoken;
    const rate = this.#options.tariffOf(guildId).speak;
    const work = workOf(took, { ...spoken, kind: 'spoken' });
    this.#charge('speak', guildId, work, rate, rate.kind === 'free' ? 0 : ms, (sum) =>
      this.#book(guildId, undefined, sum),
    );
  }

  manner(guildId: string): BudgetMode {
    const tariff = this.#options.tariffOf(guildId);
    if (isFree(tariff)) return { step: 'full', isVoiceCheap: false };
    const { day, month } = this.#steps(guildId, tariff);
    const step = laterStep(day, month);
    const isVoiceCheap = tariff.cheaperVoice !== undefined && isAtLeast(step, 'cheaper');
    if (!isAtLeast(step, 'captions')) return { step, isVoiceCheap };
    const isMonth = isAtLeast(month, 'captions');
    const { line } = this.#budgetUsed(guildId, isMonth);
    return { step, isVoiceCheap, quiet: { line, time: midnightOf(this.#untilMs(isMonth)) } };
  }

  forget(guildId: string, personId: string): void {
    const { clock, ledger } = this.#options;
    ledger.forget(guildId, personId, clock.wallMs());
    this.#news.forget(guildId, personId);
    this.#names.forget(guildId, personId);
  }

  today(guildId: string): SpentCost {
    const { caps } = this.#options;
    const { day, people } = this.#standing(guildId);
    const [top] = [...people].sort(([, one], [, other]) => costliest(one, other))[0] ?? [];
    const name = top === undefined ? undefined : this.#names.of(guildId, top);
    return {
      usd: day.nanoUsd / 1e9,
      minutes: day.ms / 60_000,
      capUsd: caps.serverDay.nanoUsd / 1e9,
      capMinutes: caps.serverDay.ms / 60_000,
      isUnpriced: day.unpriced > 0,
      turns: day.turns,
      ...(top !== undefined && { top: { personId: top, ...(name && { name }) } }),
    };
  }

  #refusal(order: AnswerRequest, expected: Amount, tariff: Tariff): BudgetRefusal | undefined {
    const { caps, clock, ledger } = this.#options;
    const { guildId, personId, isWritten } = order;
    const { day, month } = this.#standing(guildId);
    const more = add(ledger.reserved(guildId), expected);
    const part = partForAnswers(tariff);
    const isUsed = order.isForCaptions && this.#captionStep(guildId, tariff.think) === 'used';
    if (isUsed || isOverCount(day, caps)) return this.#budgetUsed(guildId, false);
    const room = fits(day, more, caps.serverDay, part) && fits(month, more, caps.serverMonth, part);
    if (!room) return this.#budgetUsed(guildId, !fits(month, more, caps.serverMonth, part));
    const share = ledger.shareOf(guildId, personId, clock.wallMs());
    const theirs = add(share, ledger.reserved(guildId, personId));
    if (isWritten || fits(theirs, expected, caps.personDay)) return undefined;
    return this.#shareUsed(guildId, personId);
  }

  #shareUsed(guildId: string, personId: string): BudgetRefusal {
    const nowMs = this.#options.clock.wallMs();
    const hours = Math.ceil((nextDayMs(nowMs) - nowMs) / 3_600_000);
    const line: TextLine = { id: 'budget.user', with: { h: hours } };
    return { kind: 'refused', line, isNews: () => this.#news.first(guildId, 'user', personId) };
  }

  #budgetUsed(guildId: string, isMonth = this.#isMonth(guildId)): BudgetRefusal {
    const time = midnightOf(this.#untilMs(isMonth));
    const { day, month } = this.#steps(guildId, this.#options.tariffOf(guildId));
    const isHeard = laterStep(day, month) !== 'quiet';
    const keepsCaptions = isHeard && this.#options.keepsCaptions?.(guildId) === true;
    const line: TextLine = { id: usedBudgetText(isMonth, keepsCaptions), with: { time } };
    return { kind: 'refused', line, isNews: () => this.#news.first(guildId, 'guild') };
  }

  #warning(guildId: string): TextLine | undefined {
    const tariff = this.#options.tariffOf(guildId);
    if (isFree(tariff)) return undefined;
    const { day, month } = this.#steps(guildId, tariff);
    if (day !== 'full' && this.#news.first(guildId, 'warn')) return { id: 'budget.warn' };
    if (month !== 'full' && this.#news.first(guildId, 'warn-month'))
      return { id: 'budget.warn.month' };
    return undefined;
  }

  #steps(
    guildId: string,
    tariff: Tariff,
  ): { readonly day: BudgetStep; readonly month: BudgetStep } {
    const { caps } = this.#options;
    const { day, month } = this.#standing(guildId);
    const typical = this.#typical.get(guildId) ?? estimate(tariff, usual);
    const part = partForAnswers(tariff);
    const step = (spent: Amount, cap: Amount): BudgetStep => {
      const found = stepOf(spent, cap, typical, part);
      return found === 'quiet' && part === 1 ? 'captions' : found;
    };
    const isOver = isOverCount(day, caps);
    const overStep = part === 1 ? 'captions' : 'quiet';
    return {
      day: isOver ? overStep : step(day, caps.serverDay),
      month: step(month, caps.serverMonth),
    };
  }

  #isMonth(guildId: string): boolean {
    const { month } = this.#steps(guildId, this.#options.tariffOf(guildId));
    return isAtLeast(month, 'captions');
  }

  #untilMs(isMonth: boolean): number {
    const nowMs = this.#options.clock.wallMs();
    return isMonth ? nextMonthMs(nowMs) : nextDayMs(nowMs);
  }

  #bill(
    { guildId, heardMs, isWritten, isForCaptions }: AnswerRequest,
    reserve: Reserve,
    tariff: Tariff,
  ): AnswerUsage {
    const { clock, ledger } = this.#options;
    const take = (sum: Partial<Sum>) => {
      ledger.take(reserve, sum, clock.wallMs());
      if (isForCaptions) ledger.assignToCaptions(guildId, sum, clock.wallMs());
    };
    const { isVoiceCheap } = this.manner(guildId);
    const voice = (isVoiceCheap && tariff.cheaperVoice) || tariff.speak;
    const isTalk = countsSound(tariff) && !isWritten;
    return new AnswerUsage({
      pay: (what, work) => {
        const rate = what === 'think' ? tariff.think : voice;
        const isToCount = isWritten === true && what === 'think';
        const book = isToCount ? (sum: Partial<Sum>) => take(asTalk(sum, work)) : take;
        this.#charge(what, guildId, work, rate, 0, book);
      },
      talked: (ms) => {
        if (isTalk) take({ ms: Math.round(ms) });
      },
      turn: () => {
        const asked = isTalk && tariff.recognise.kind === 'free' ? Math.round(heardMs) : 0;
        take({ turns: 1, ms: asked });
      },
      done: () => {
        ledger.release(reserve);
        this.#options.exchange?.changed(guildId);
      },
    });
  }

  #charge(
    what: SpentEvent['what'],
    guildId: string,
    { uses, by }: UsageCount,
    usual: RolePrice,
    ms: number,
    book: (sum: Partial<Sum>) => void,
  ): void {
    const rate = by ? this.#options.rateOf(by) : usual;
    const rounded = Math.round(ms);
    if (rate.kind === 'free') {
      if (rounded > 0 && usual.kind !== 'free') book({ ms: rounded });
      return;
    }
    const nanoUsd = uses.map((use) => costOf(use, rate)).find((cost) => cost !== undefined);
    if (nanoUsd === undefined) book({ unpriced: 1, ms: rounded });
    else book({ nanoUsd, ms: rounded });
    const priced = nanoUsd !== undefined && { usd: nanoUsd / 1e9 };
    this.#options.onEvent(guildId, { kind: 'spent', what, ...priced });
  }

  #captionStep(guildId: string, rate: RolePrice): CaptionBudgetStep {
    return captionStepOf(this.#standing(guildId).captions, this.#options.caps, rate);
  }

  #soundOf(guildId: string, personId: string): RecognisedSound {
    const { clock, ledger } = this.#options;
    const payer = this.payer(guildId, personId);
    return new RecognisedSound({
      charge: (sum) => this.#book(guildId, undefined, sum),
      assign: (owner, sum) =>
        owner === 'person'
          ? ledger.assign(guildId, payer, sum, clock.wallMs())
          : ledger.assignToCaptions(guildId, sum, clock.wallMs()),
    });
  }

  #book(guildId: string, payer: Payer | undefined, sum: Partial<Sum>): void {
    this.#options.ledger.charge(guildId, payer, sum, this.#options.clock.wallMs());
  }

  #standing(guildId: string) {
    return this.#options.ledger.standing(guildId, this.#options.clock.wallMs());
  }
}
