import { toProgramId } from '#src/people/rights.ts';
import type { ApiToken } from './token-store.ts';

/** Builds the prefix of keys for kept words. */
export function toTokenKey({ createdAtWallMs, guildId, name }: ApiToken): string {
  // A revoked token gives up its name, so the key holds its creation time.
  return `${guildId} ${name} ${createdAtWallMs} `;
}

export type TokenBudgets = ReturnType<typeof createTokenBudgets>;

/** Budgets of tokens used since the start, by payer. */
export function createTokenBudgets() {
  const caps = new Map<string, number>();

  return {
    note(token: ApiToken) {
      const { budgetUsd } = token;
      const payerId = toProgramId(token.name);
      if (budgetUsd === undefined) caps.delete(payerId);
      else caps.set(payerId, Math.round(budgetUsd * 1e9));
    },

    /** In billionths of a dollar. Undefined: the cap of a person. */
    findCap(payerId: string): number | undefined {
      return caps.get(payerId);
    },
  };
}
