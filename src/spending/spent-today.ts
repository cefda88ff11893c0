import type { Clock } from '#src/base/clock.ts';
import type { Caps, SpentCost, SpentCosts, SpentShare } from './budget-authority.ts';
import type { Ledger, Sum } from './ledger/ledger.ts';

/** Sources of the sums of a day. */
type SpentParts = {
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly ledger: Pick<Ledger, 'shareOf' | 'standing'>;
  readonly capsIn: (guildId: string) => Caps;
  readonly names: Pick<AskerNames, 'of'>;
};

/** Spending of servers and people today, beside their caps. */
export class SpentToday implements Omit<SpentCosts, 'prices'> {
  readonly #parts: SpentParts;

  constructor(parts: SpentParts) {
    this.#parts = parts;
  }

  today(guildId: string): SpentCost {
    const { capsIn, clock, ledger, names } = this.#parts;
    const { day, people } = ledger.standing(guildId, clock.wallMs());
    const [top] = [...people].sort(([, one], [, other]) => other.nanoUsd - one.nanoUsd)[0] ?? [];
    const name = top === undefined ? undefined : names.of(guildId, top);
    return {
      ...shown(day, capsIn(guildId).serverDay),
      ...(top !== undefined && { top: { personId: top, ...(name && { name }) } }),
    };
  }

  share(guildId: string, personId: string): SpentShare {
    const { capsIn, clock, ledger } = this.#parts;
    const share = ledger.shareOf(guildId, personId, clock.wallMs());
    return shown(share, capsIn(guildId).personDay);
  }
}

function shown({ nanoUsd, turns }: Sum, capNanoUsd: number): SpentShare {
  return { usd: nanoUsd / 1e9, capUsd: capNanoUsd / 1e9, turns };
}

/** Names remembered at most; people beyond it are shown by id. */
const mostNames = 1_000;

/** Names of those who asked something, by server and person; those who asked last. */
export class AskerNames {
  readonly #names = new Map<string, string>();

  set(guildId: string, personId: string, name: string): void {
    const key = keyOf(guildId, personId);
    this.#names.delete(key);
    this.#names.set(key, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > mostNames && oldest !== undefined) this.#names.delete(oldest);
  }

  of(guildId: string, personId: string): string | undefined {
    return this.#names.get(keyOf(guildId, personId));
  }

  forget(guildId: string, personId: string): void {
    this.#names.delete(keyOf(guildId, personId));
  }
}

function keyOf(guildId: string, personId: string): string {
  return JSON.stringify([guildId, personId]);
}
