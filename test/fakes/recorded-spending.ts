import type { Usage } from '#src/chat/ports.ts';
import type { BudgetAuthority, UsageMeter } from '#src/spending/budget-authority.ts';
import { boundless } from './spending.ts';

/** What one answer took, and how often it was told of its fate. */
export type RecordedBill = {
  readonly used: Usage[];
  soundedMs: number;
  wanted: number;
  closed: number;
};

/** Nothing is too dear, and every answer is written down. */
export class RecordedSpending implements BudgetAuthority {
  readonly bills: RecordedBill[] = [];
  readonly ready = boundless.ready;
  readonly payer = boundless.payer;
  readonly listen = boundless.listen;
  readonly isCaptionNews = boundless.isCaptionNews;
  readonly hourPrice = boundless.hourPrice;
  readonly read = boundless.read;
  readonly spoke = boundless.spoke;
  readonly manner = boundless.manner;
  readonly forget = boundless.forget;

  open(): { readonly kind: 'open'; readonly bill: UsageMeter } {
    const own: RecordedBill = { used: [], soundedMs: 0, wanted: 0, closed: 0 };
    this.bills.push(own);
    const bill: UsageMeter = {
      used: (usage) => void own.used.push(usage),
      spoke: () => undefined,
      sounded: (ms) => {
        own.soundedMs += ms;
      },
      wanted: () => void own.wanted++,
      close: () => void own.closed++,
    };
    return { kind: 'open', bill };
  }
}
