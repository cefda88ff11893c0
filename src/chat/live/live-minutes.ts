import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { TalkMeter } from '#src/chat/metered-chat.ts';
import type { RequestReservation } from '#src/provider/models/request-reservation.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';

/** Time that is reserved at once, and the least worth beginning. */
const [sliceMs, minSliceMs] = [60_000, 5_000];
/** The clock of a session is its input, which may run at 1.2 times its pace. */
const maxClockPace = 1.25;
/** The next slice is asked for so long before the end of the running one. */
const renewAheadMs = 5_000;

type Slice = {
  readonly meter: TalkMeter;
  readonly hold: RequestReservation | undefined;
  readonly paidMs: number;
};

/** Pays for the time of one session, which is reserved before it begins, a minute after the other. */
export class LiveMinutes {
  readonly #clock: Clock;
  readonly #by: ServedBy;
  readonly #onUsedUp: (error: BotError) => void;
  #payer: TalkMeter;
  #slice: Slice | undefined;
  #begunAtMs = 0;
  #recordedMs = 0;
  #cancelRenewal: (() => void) | undefined;
  #isOver = false;

  /** `onUsedUp` is called when no money is left for another moment of the session. */
  constructor(
    clock: Clock,
    by: ServedBy,
    payer: TalkMeter,
    onUsedUp: (error: BotError) => void,
  ) {
    this.#clock = clock;
    this.#by = by;
    this.#payer = payer;
    this.#onUsedUp = onUsedUp;
  }

  /** Reserves the first minute. Throws BotError `budget.used`. */
  async begin(): Promise<void> {
    const slice = await this.#reserveSlice();
    this.#begunAtMs = this.#clock.nowMs();
    this.#beginSlice(slice);
  }

  /** Sets who pays from the next minute on. */
  setPayer(payer: TalkMeter): void {
    this.#payer = payer;
  }

  /** Pays for the whole session, by the dearer of our clock and the seconds that its server counts. */
  end(serverSeconds: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelRenewal?.();
    this.#settleSlice(serverSeconds);
  }

  async #reserveSlice(): Promise<Slice> {
    const meter = this.#payer;
    const hold = await meter
      .reserveTalk?.(sliceMs, minSliceMs, this.#by)
      ?.catch(noteSessionTime);
    return { meter, hold, paidMs: hold?.maxUnits ?? sliceMs };
  }

  #beginSlice(slice: Slice) {
    this.#slice = slice;
    const lastsMs = slice.paidMs / maxClockPace;
    const aheadMs = Math.min(renewAheadMs, lastsMs / 2);
    this.#cancelRenewal = this.#clock.later(lastsMs - aheadMs, () => {
      void this.#renewSlice(aheadMs);
    });
  }

  async #renewSlice(leftMs: number) {
    const next = await this.#reserveSlice().catch((error: unknown) => {
      if (error instanceof BotError) return error;
      throw error;
    });
    if (this.#isOver) {
      if (!(next instanceof BotError)) next.hold?.release();
    } else if (next instanceof BotError) {
      this.#cancelRenewal = this.#clock.later(leftMs, () => this.#onUsedUp(next));
    } else {
      this.#settleSlice(0);
      this.#beginSlice(next);
    }
  }

  #settleSlice(serverSeconds: number) {
    const { hold, meter } = this.#slice ?? {};
    this.#slice = undefined;
    const usedMs = Math.max(
      this.#clock.nowMs() - this.#begunAtMs,
      serverSeconds * 1000,
    );
    const dueMs = Math.max(0, usedMs - this.#recordedMs);
    this.#recordedMs += dueMs;
    if (dueMs > 0) meter?.recordTalk?.(dueMs, this.#by);
    hold?.release();
  }
}

/** A single answer costs less than a minute, so the chat model may still answer. */
function noteSessionTime(error: unknown): never {
  if (!(error instanceof BotError)) throw error;
  const { about, code, message, retryable } = error;
  const noted = { ...about, isSessionTime: true } as const;
  throw new BotError(code, retryable, message, error, undefined, noted);
}
