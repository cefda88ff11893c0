import { toProgramId } from '#src/people/access.ts';
import type { ApiToken } from './token-store.ts';

/**
 * Beginning of the keys under which words are kept for a token. One that was revoked gives up its name: the time of its making tells
 * the next apart.
 */
export function toTokenKey({ createdAtWallMs, guildId, name }: ApiToken): string {
  return `${guildId} ${name} ${createdAtWallMs} `;
}

/** Own budgets of the tokens that were used since the start, by who pays. */
export class TokenBudgets {
  readonly #caps = new Map<string, number>();

  /** Takes the budget of a token as it is now. */
  note(token: ApiToken): void {
    const { budgetUsd } = token;
    const payerId = toProgramId(token.name);
    if (budgetUsd === undefined) this.#caps.delete(payerId);
    else this.#caps.set(payerId, Math.round(budgetUsd * 1e9));
  }

  /** Daily cap of this payer, in billionths of a dollar; undefined where it is that of a person. */
  findCap(payerId: string): number | undefined {
    return this.#caps.get(payerId);
  }
}
