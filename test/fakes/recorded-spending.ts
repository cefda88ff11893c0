import type { Usage } from '#src/chat/ports.ts';
import type {
  AnswerBudget,
  AnswerRequest,
  BudgetAuthority,
} from '#src/spending/budget-authority.ts';
import { Reservation } from '#src/spending/reservation.ts';
import { boundless } from './spending.ts';

/** Usage of one answer, and the number of calls that report its fate. */
export type RecordedBill = {
  readonly used: Usage[];
  wanted: number;
  closed: number;
};

/** Nothing is too dear, and every answer is written down. */
export class RecordedSpending implements BudgetAuthority {
  readonly bills: RecordedBill[] = [];
  readonly listen = boundless.listen;
  readonly listenToRecording = boundless.listenToRecording;
  readonly hourPrice = boundless.hourPrice;
  readonly used = boundless.used;
  readonly forget = boundless.forget;

  open(order: AnswerRequest): AnswerBudget {
    const own: RecordedBill = { used: [], wanted: 0, closed: 0 };
    if (order.kind === 'answer') this.bills.push(own);
    const account = {
      pay: () => undefined,
      turn: () => void own.wanted++,
      done: () => void own.closed++,
    };
    return {
      kind: 'open',
      reservation: new Reservation(account, (usage) => void own.used.push(usage)),
    };
  }
}
