import type { Usage } from '#src/chat/ports.ts';
import type { SpokenUsage } from '#src/speech/fallbacks/metered-voice.ts';
import type { EngineUsage } from '#src/speech/ports.ts';
import { type UsageCount, workOf } from './usage-bill.ts';

/** Books to which a reservation is counted. */
export interface ReservationAccount {
  /** `talkMs`: talk with a server, in ms, that goes with the work where no answer counts its sound. */
  pay(what: 'recognise' | 'think' | 'speak', work: UsageCount, talkMs: number): void;
  /** Reports `ms` of sound of an answer. */
  talked?(ms: number): void;
  turn?(): void;
  done?(): void;
}

type OnUsage = (usage: Usage) => void;

/**
 * Money set aside for one piece of paid work. No engine of a session can be asked without one: it counts what the work takes, as
 * that becomes known, also after it was closed. Nothing here throws.
 *
 * Only the ledger makes them. Sound and words of an answer come from different ends, so each is counted apart.
 */
export class Reservation {
  readonly #account: ReservationAccount;
  readonly #onUsage: OnUsage | undefined;
  #isWanted = false;
  #isClosed = false;

  constructor(account: ReservationAccount, onUsage?: OnUsage) {
    this.#account = account;
    this.#onUsage = onUsage;
  }

  /** This reservation, with `onUsage` called for each request to a model. */
  watched(onUsage: OnUsage): Reservation {
    const account: ReservationAccount = {
      pay: (what, work, talkMs) => this.#account.pay(what, work, talkMs),
      talked: (ms) => this.sounded(ms),
      turn: () => this.wanted(),
      done: () => this.close(),
    };
    return new Reservation(account, (usage) => {
      this.#onUsage?.(usage);
      onUsage(usage);
    });
  }

  /** Counts one request to a model. */
  used(usage: Usage): void {
    this.#onUsage?.(usage);
    if (usage.inputTokens === 0 && usage.outputTokens === 0) return; // refused
    const { by, ...tokens } = usage;
    this.#account.pay('think', { uses: [{ ...tokens, kind: 'tokens' }], by }, 0);
  }

  /** Counts one text that was spoken. */
  spoke({ usage, ...spoken }: SpokenUsage): void {
    this.#account.pay('speak', workOf(usage, { ...spoken, kind: 'spoken' }), spoken.ms);
  }

  /** Counts sound that was sent to be recognised, in ms: all of it, and what of it was not counted before. */
  recognised(ms: number, newMs: number, usage?: EngineUsage): void {
    this.#account.pay('recognise', workOf(usage, { kind: 'heard', ms }), newMs);
  }

  /** Reports sound of it that came, in ms. */
  sounded(ms: number): void {
    this.#account.talked?.(ms);
  }

  /** Counts it as a turn: it is going to be heard or read. */
  wanted(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#account.turn?.();
  }

  /** Ends the work and frees what was set aside. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#account.done?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
