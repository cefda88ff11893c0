import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { TalkMeter } from '#src/chat/metered-chat.ts';
import type { LiveFact, TurnLimits } from '#src/provider/live/live-protocol.ts';
import { type ContextTokens, liveRateHz } from '#src/provider/live/live-session.ts';
import type {
  RequestReservation,
  TokenUsage,
} from '#src/provider/models/request-reservation.ts';
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

/** Pays for one session, of which nothing is begun before its money is reserved. */
export interface LivePayment {
  /** Reserves money for a begin of the session. Throws BotError `budget.used`. */
  begin(): Promise<void>;
  /** Sets who pays from the next reservation on. */
  setPayer(payer: TalkMeter): void;
  /** Reserves money for the next turn of the model, which reads at most these tokens. Throws BotError `budget.used`. */
  beginTurn(context: ContextTokens): Promise<void>;
  /** Frees the money of a turn that was not asked for after all. */
  dropTurn(): void;
  /** Notes what a session tells of its cost. */
  noteFact(fact: LiveFact): void;
  /** Pays for the whole session. A second call does nothing. */
  end(serverSeconds: number): void;
}

/** Pays for the time of one session, which is reserved before it begins, a minute after the other. */
export class LiveMinutes implements LivePayment {
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

  /** A turn costs no more than its time. */
  async beginTurn(): Promise<void> {}

  /** Time that was reserved passes anyway. */
  dropTurn(): void {}

  /** The session keeps the seconds that its server counts. */
  noteFact(): void {}

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

type LiveTurn = {
  readonly meter: TalkMeter;
  readonly hold: RequestReservation | undefined;
  readonly most: TokenUsage;
  readonly fromMs: number;
  spokenMs: number;
  reported: TokenUsage | undefined;
};

/**
 * Pays for the turns of one session whose server charges each turn for the tokens of the whole session, so that many short
 * turns cost more than their time. A turn is paid once the next one begins or the session ends, by the count of its server,
 * else by what was sent and heard.
 */
export class LiveTurns implements LivePayment {
  readonly #clock: Clock;
  readonly #by: ServedBy;
  readonly #limits: TurnLimits;
  #payer: TalkMeter;
  #turn: LiveTurn | undefined;
  #isOver = false;

  constructor(clock: Clock, by: ServedBy, limits: TurnLimits, payer: TalkMeter) {
    this.#clock = clock;
    this.#by = by;
    this.#limits = limits;
    this.#payer = payer;
  }

  /** A session costs nothing before its first turn, but none is opened that could not pay an empty one. */
  async begin(): Promise<void> {
    const hold = await this.#reserveTurn(
      this.#addOutput({ inputTokens: 0, audioInputTokens: 0 }),
    );
    hold?.release();
  }

  /** Sets who pays from the next turn on. */
  setPayer(payer: TalkMeter): void {
    this.#payer = payer;
  }

  /** Pays for the turn before, and reserves the longest answer to this one. Throws BotError `budget.used`. */
  async beginTurn(context: ContextTokens): Promise<void> {
    this.#settleTurn();
    const meter = this.#payer;
    const most = this.#addOutput(context);
    const hold = await this.#reserveTurn(most);
    if (this.#isOver) return hold?.release();
    const fromMs = this.#clock.nowMs();
    this.#turn = { meter, hold, most, fromMs, spokenMs: 0, reported: undefined };
  }

  /** Frees the money of a turn that was not asked for. */
  dropTurn(): void {
    this.#turn?.hold?.release();
    this.#turn = undefined;
  }

  /** Notes sound of the running turn, and the count of its server. */
  noteFact(fact: LiveFact): void {
    const turn = this.#turn;
    if (!turn) return;
    if (fact.kind === 'sound') turn.spokenMs += measureMs(fact.bytes);
    if (fact.kind !== 'used' || !fact.turn) return;
    // A server may count the same turn again as it goes on.
    const { turn: usage } = fact;
    if (sumTokens(usage) >= sumTokens(turn.reported)) turn.reported = usage;
  }

  /** Pays for the running turn. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#settleTurn();
  }

  #addOutput({ inputTokens, audioInputTokens }: ContextTokens): TokenUsage {
    const { maxOutputTokens: outputTokens } = this.#limits;
    return {
      inputTokens,
      audioInputTokens,
      outputTokens,
      audioOutputTokens: outputTokens,
    };
  }

  async #reserveTurn(most: TokenUsage) {
    return await this.#payer.reserveTurn?.(most, this.#by)?.catch(noteSessionTime);
  }

  #settleTurn() {
    const turn = this.#turn;
    if (!turn) return;
    this.#turn = undefined;
    const { fromMs, hold, meter, reported } = turn;
    const usage = reported ?? this.#estimateUsage(turn);
    meter.recordTurn?.(usage, this.#clock.nowMs() - fromMs, this.#by);
    hold?.release();
  }

  #estimateUsage({ most, spokenMs }: LiveTurn): TokenUsage {
    const spokenTokens = Math.ceil((spokenMs / 1000) * this.#limits.tokensPerSecond);
    const outputTokens = Math.min(most.outputTokens, spokenTokens);
    return { ...most, outputTokens, audioOutputTokens: outputTokens };
  }
}

function measureMs(bytes: Buffer) {
  return (1000 * bytes.length) / 2 / liveRateHz;
}

function sumTokens(usage: TokenUsage | undefined) {
  return usage ? usage.inputTokens + usage.outputTokens : 0;
}

/** A single answer of the chat model costs less, so the chat model may still answer. */
function noteSessionTime(error: unknown): never {
  if (!(error instanceof BotError)) throw error;
  const { about, code, message, retryable } = error;
  const noted = { ...about, isSessionTime: true } as const;
  throw new BotError(code, retryable, message, error, undefined, noted);
}
