import type { TextId } from '#src/texts/texts.ts';
import type { CaptionNewsId } from './budget-authority.ts';
import { type Amount, type BudgetStep, type Caps, isAtLeast, isOverCount, stepOf } from './caps.ts';
import type { SpendingTotals } from './ledger/ledger.ts';

/** Notice of a step at which the bot still answers; each is told once a day. */
export type StepNotice = {
  readonly key: 'cheaper-day' | 'cheaper-month' | 'shorter-day' | 'shorter-month';
  readonly line: { readonly id: Extract<TextId, StepTextId> };
};
type StepTextId =
  | 'budget.warn'
  | 'budget.warn.month'
  | 'budget.warn.voice'
  | 'budget.warn.month.voice'
  | 'budget.shorter'
  | 'budget.shorter.month';

/** Notice of the step that a budget has reached; undefined where nothing has changed for people. */
function stepNotice(
  step: BudgetStep,
  period: 'day' | 'month',
  hasCheaperVoice: boolean,
): StepNotice | undefined {
  if (step === 'full') return undefined;
  const isDay = period === 'day';
  if (isAtLeast(step, 'shorter')) {
    const id = isDay ? 'budget.shorter' : 'budget.shorter.month';
    return { key: `shorter-${period}`, line: { id } };
  }
  const plain = isDay ? 'budget.warn' : 'budget.warn.month';
  const id = hasCheaperVoice ? (`${plain}.voice` as const) : plain;
  return { key: `cheaper-${period}`, line: { id } };
}

/** Steps that the budgets of a day and of a month have come to. */
export type PeriodSteps = { readonly day: BudgetStep; readonly month: BudgetStep };

/** Notices of the steps that both budgets have reached. */
export function stepNotices(
  { day, month }: PeriodSteps,
  hasCheaperVoice: boolean,
): readonly (StepNotice | undefined)[] {
  return [stepNotice(day, 'day', hasCheaperVoice), stepNotice(month, 'month', hasCheaperVoice)];
}

/** `typical`: an answer as it usually is; `part`: of a cap, what answers may take. Where hearing costs nothing it goes on. */
export function stepsOf(
  { day, month }: Pick<SpendingTotals, 'day' | 'month'>,
  caps: Caps,
  typical: Amount,
  part: number,
): PeriodSteps {
  const step = (spent: Amount, cap: Amount): BudgetStep => {
    const found = stepOf(spent, cap, typical, part);
    return found === 'quiet' && part === 1 ? 'captions' : found;
  };
  const overStep = part === 1 ? 'captions' : 'quiet';
  return {
    day: isOverCount(day, caps) ? overStep : step(day, caps.serverDay),
    month: step(month, caps.serverMonth),
  };
}

type What = StepNotice['key'] | 'captions' | 'quiet' | 'total' | 'user' | CaptionNewsId;

/**
 * Notices of budgets already sent: each once a day of its server, or once a day to a person. Forgotten when the day ends and
 * at the end.
 */
export class BudgetNotices {
  readonly #dayIn: (guildId: string) => string;
  readonly #servers = new Map<string, { readonly day: string; readonly sent: Set<string> }>();

  constructor(dayIn: (guildId: string) => string) {
    this.#dayIn = dayIn;
  }

  /** True the first time; from then on it is told. */
  first(guildId: string, what: What, personId = ''): boolean {
    const day = this.#dayIn(guildId);
    const known = this.#servers.get(guildId);
    const sent = known?.day === day ? known.sent : new Set<string>();
    this.#servers.set(guildId, { day, sent });
    const key = keyOf(what, personId);
    if (sent.has(key)) return false;
    sent.add(key);
    return true;
  }

  forget(guildId: string, personId: string): void {
    this.#servers.get(guildId)?.sent.delete(keyOf('user', personId));
  }
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
