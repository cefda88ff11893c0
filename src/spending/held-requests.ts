import type { Clock } from '#src/base/clock.ts';
import type { BudgetCap } from '#src/base/errors.ts';
import type { Ledger, Reserve } from '#src/spending/ledger/ledger.ts';
import type { Portions } from '#src/spending/ledger/portion-keeper.ts';
import { toUtcDay } from './calendar.ts';
import type { HoldOrCap, RequestBound } from './reservation.ts';
import type { TotalBudget } from './total-budget.ts';

/** Free money below a cap, infinite without a cap. */
export type Room = {
  readonly cap: BudgetCap;
  readonly nanoUsd: number;
  /** Cost of the day, without money that is reserved and may come back. */
  readonly spentNanoUsd: number;
  readonly capNanoUsd: number;
};

/** Estimates the cost of so many units in billionths of a dollar. */
type EstimateCost = (units: number) => number;

type HeldRequestsOptions = {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly portions: Portions;
  readonly total: TotalBudget;
  /** Lists the caps of the payer, with the free money. */
  readonly listRooms: () => readonly Room[];
};

/** Requests paid from one reserve, which grows while there is room. */
export class HeldRequests {
  readonly #reserve: Reserve;
  readonly #options: HeldRequestsOptions;
  #heldNanoUsd = 0;
  #isClosed = false;

  constructor(reserve: Reserve, options: HeldRequestsOptions) {
    this.#reserve = reserve;
    this.#options = options;
  }

  /** Billionths of a dollar that running requests hold. */
  get heldNanoUsd(): number {
    return this.#heldNanoUsd;
  }

  /** Frees money that running requests do not hold. */
  close(): void {
    this.#isClosed = true;
    this.#freeRest();
  }

  /**
   * Returns the affordable units. `estimateSound` prices the speech of the words, which is reserved with
   * them. `spareNanoUsd` stay free.
   */
  async takeHold(
    { minUnits, maxUnits }: RequestBound,
    estimateCost: EstimateCost,
    estimateSound: EstimateCost = () => 0,
    spareNanoUsd = 0,
  ): Promise<HoldOrCap> {
    const getTotal = (units: number) => estimateCost(units) + estimateSound(units);
    const dearest = getTotal(maxUnits);
    if (dearest === 0) return undefined;
    const { guildId, personId } = this.#reserve;
    const { portions } = this.#options;
    using claim = portions.claim(guildId, personId, this.#getMissingNanoUsd(dearest));
    await claim.waiting;
    const ownNanoUsd = this.#getOwnNanoUsd();
    const { cap, nanoUsd } = this.#findSmallestRoom();
    const granted = Math.min(dearest, ownNanoUsd + nanoUsd - spareNanoUsd);
    const base = getTotal(0);
    const share = dearest === base ? 1 : (granted - base) / (dearest - base);
    const units = granted < dearest ? Math.floor(maxUnits * share) : maxUnits;
    if (granted < getTotal(minUnits) || units < minUnits) {
      if (cap === 'all') this.#options.total.onRefused();
      return cap;
    }
    this.#reserve.day = this.#today;
    this.#reserve.left += Math.max(0, granted - ownNanoUsd);
    return this.#holdUnits(units, estimateCost(units));
  }

  get #today() {
    return toUtcDay(this.#options.clock.wallMs());
  }

  /** Money that stands in the portion of an earlier day. */
  get #formerNanoUsd() {
    return this.#reserve.day === this.#today ? 0 : this.#reserve.left;
  }

  /** Finds how much of today's portion the next request needs, as far as caps allow it. */
  #getMissingNanoUsd(dearestNanoUsd: number) {
    const rooms = this.#options.listRooms().filter(({ cap }) => !isStoredCap(cap));
    const allowed = Math.min(...rooms.map(({ nanoUsd }) => Math.max(0, nanoUsd)));
    const wanted = Math.max(0, dearestNanoUsd - this.#getOwnNanoUsd());
    return Math.min(wanted, allowed) + this.#formerNanoUsd;
  }

  /** Finds the cap with the least free money. */
  #findSmallestRoom() {
    return this.#options
      .listRooms()
      .map((room) =>
        isStoredCap(room.cap)
          ? { ...room, nanoUsd: room.nanoUsd - this.#formerNanoUsd }
          : room,
      )
      .reduce((smallest, room) => (room.nanoUsd < smallest.nanoUsd ? room : smallest));
  }

  #getOwnNanoUsd() {
    return Math.max(0, this.#reserve.left - this.#heldNanoUsd);
  }

  #holdUnits(maxUnits: number, nanoUsd: number) {
    this.#heldNanoUsd += nanoUsd;
    let isOver = false;
    const endHold = () => {
      if (!isOver) this.#heldNanoUsd -= nanoUsd;
      isOver = true;
      this.#freeRest();
    };
    return { maxUnits, release: endHold };
  }

  #freeRest() {
    if (!this.#isClosed) return;
    this.#reserve.left = Math.min(this.#reserve.left, this.#heldNanoUsd);
    if (this.#heldNanoUsd === 0) this.#options.ledger.release(this.#reserve);
  }
}

/** Whether a cap is kept by stored portions. */
export function isStoredCap(cap: BudgetCap): boolean {
  return cap === 'all' || cap === 'unstored';
}
