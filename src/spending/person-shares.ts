import type { RolePrice } from '#src/spending/prices/prices.ts';
import type { BudgetRefusal } from './budget-authority.ts';
import { type Amount, add, type Caps, fits, nothing, stepOf } from './caps.ts';
import { costOf } from './cost.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { PaidKind } from './paid-kinds.ts';
import { spokenMs } from './tariff.ts';

export type PersonSharesOptions = {
  readonly clock: { wallMs(): number };
  readonly ledger: Ledger;
  readonly capsIn: (guildId: string) => Caps;
  /** Daily cap of a payer that is not a person's share, for writing too; absent: no payer has one. */
  readonly ownCapOf?: (personId: string) => Amount | undefined;
};

/** Begins the id of each payer that is a program; no id of a person does. */
export const programPayer = 'token:';

/** Refusal of what comes one at a time. */
export const busy: BudgetRefusal = {
  kind: 'refused',
  line: { id: 'ask.writing' },
  isNews: () => false,
};

type PersonWork = {
  readonly guildId: string;
  readonly kind: PaidKind;
  readonly personId: string;
};

/** Shares of persons and programs in a server today. */
export class PersonShares {
  readonly #options: PersonSharesOptions;
  readonly #underWay = new Set<PersonWork>();

  constructor(options: PersonSharesOptions) {
    this.#options = options;
  }

  /** Work of a person begins; the returned function ends it. */
  enter({ guildId, kind, personId }: PersonWork): () => void {
    const work = { guildId, kind, personId };
    this.#underWay.add(work);
    return () => this.#underWay.delete(work);
  }

  /** Whether work of that kind is done for them now. */
  has({ guildId, kind, personId }: PersonWork): boolean {
    const isSame = (one: PersonWork) => one.guildId === guildId && one.personId === personId;
    return [...this.#underWay].some((one) => one.kind === kind && isSame(one));
  }

  /** Whether work of that size fits. With `passesShare` a person is not limited, a program is. */
  fits(guildId: string, personId: string, expected: Amount, passesShare = false): boolean {
    const { clock, ledger } = this.#options;
    if (passesShare && !personId.startsWith(programPayer)) return true;
    const share = ledger.shareOf(guildId, personId, clock.wallMs());
    return fits(
      add(share, ledger.reserved(guildId, personId)),
      expected,
      this.#capOf(guildId, personId),
    );
  }

  isUsed(guildId: string, personId: string): boolean {
    const { clock, ledger } = this.#options;
    const share = ledger.shareOf(guildId, personId, clock.wallMs());
    return stepOf(share, this.#capOf(guildId, personId), nothing, 1) === 'quiet';
  }

  /** Counts a text that is read out to them, as estimated, and not to the server; false: it does not fit. */
  payReading(guildId: string, personId: string, characters: number, speak: RolePrice): boolean {
    const { clock, ledger } = this.#options;
    if (speak.kind === 'free') return true;
    const ms = Math.round(spokenMs(characters));
    const nanoUsd = costOf({ kind: 'spoken', characters, ms }, speak) ?? 0;
    if (!this.fits(guildId, personId, { nanoUsd, ms })) return false;
    ledger.assign(guildId, personId, { nanoUsd, ms }, clock.wallMs());
    return true;
  }

  /** Keeps nothing of this person. */
  forget(guildId: string, personId: string): void {
    const { clock, ledger } = this.#options;
    ledger.forget(guildId, personId, clock.wallMs());
  }

  #capOf(guildId: string, personId: string): Amount {
    const { capsIn, ownCapOf } = this.#options;
    return ownCapOf?.(personId) ?? capsIn(guildId).personDay;
  }
}
