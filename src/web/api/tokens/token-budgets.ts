import type { Amount } from '#src/spending/caps.ts';
import { programPayer } from '#src/spending/person-shares.ts';
import type { ApiToken } from './token-store.ts';

/** Id of the payer for requests of a token. */
export function payerIdOf({ name }: Pick<ApiToken, 'name'>): string {
  return `${programPayer}${name}`;
}

/** Own budgets of the tokens that were used since the start, by who pays. */
export class TokenBudgets {
  readonly #caps = new Map<string, Amount>();

  /** Takes the budget of a token as it is now. */
  note(token: ApiToken): void {
    const { budgetUsd } = token;
    if (budgetUsd === undefined) this.#caps.delete(payerIdOf(token));
    else this.#caps.set(payerIdOf(token), { nanoUsd: Math.round(budgetUsd * 1e9), ms: 0 });
  }

  /** Daily cap of this payer; undefined where it is that of a person. */
  capOf(payerId: string): Amount | undefined {
    return this.#caps.get(payerId);
  }
}
