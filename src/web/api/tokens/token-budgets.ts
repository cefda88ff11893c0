import { programIdOf } from '#src/people/program-ids.ts';
import type { ApiToken } from './token-store.ts';

/** Id of the payer for requests of a token. */
export function payerIdOf({ name }: Pick<ApiToken, 'name'>): string {
  return programIdOf(name);
}

/**
 * Beginning of the keys under which words are kept for a token. One that was revoked gives up its name: the time of its making tells
 * the next apart.
 */
export function keptFor({ createdAtWallMs, guildId, name }: ApiToken): string {
  return `${guildId} ${name} ${createdAtWallMs} `;
}

/** Own budgets of the tokens that were used since the start, by who pays. */
export class TokenBudgets {
  readonly #caps = new Map<string, number>();

  /** Takes the budget of a token as it is now. */
  note(token: ApiToken): void {
    const { budgetUsd } = token;
    if (budgetUsd === undefined) this.#caps.delete(payerIdOf(token));
    else this.#caps.set(payerIdOf(token), Math.round(budgetUsd * 1e9));
  }

  /** Daily cap of this payer, in billionths of a dollar; undefined where it is that of a person. */
  capOf(payerId: string): number | undefined {
    return this.#caps.get(payerId);
  }
}
