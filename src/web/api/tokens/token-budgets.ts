import type { PersonId } from '#src/base/ids.ts';
import { toProgramId } from '#src/people/rights.ts';
import type { ApiToken } from './token-store.ts';

/** Builds the prefix of keys for kept words. */
export function toTokenKey({ createdAtWallMs, guildId, name }: ApiToken): string {
  // A revoked token gives up its name, so the key holds its creation time.
  return `${guildId} ${name} ${createdAtWallMs} `;
}

/** Daily budgets, by payer, of the tokens that programs have used since the start of the process. */
export class TokenBudgets {
  readonly #caps = new Map<PersonId, number>();

  /** Notes the budget of a token, at each request of it. */
  noteBudget(token: ApiToken): void {
    const { budgetUsd } = token;
    const payerId = toProgramId(token.name);
    if (budgetUsd === undefined) this.#caps.delete(payerId);
    else this.#caps.set(payerId, Math.round(budgetUsd * 1e9));
  }

  /** In billionths of a dollar. Undefined: the cap of a person. */
  findCap(payerId: PersonId): number | undefined {
    return this.#caps.get(payerId);
  }
}
