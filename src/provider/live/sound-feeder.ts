import type { Clock } from '#src/base/clock.ts';

const tickMs = 20;
/** Sound that waited is sent at most this many times as fast as it lasts. A server stalls on more. */
const maxPace = 1.2;
/** Sound that may leave at once, in ms. */
const maxBurstMs = 100;

/**
 * Sends the sound of one session: sound of people as it comes, silence in real time where it is asked for, and nothing
 * otherwise.
 */
export class SoundFeeder {
  readonly #clock: Clock;
  readonly #samplesPerMs: number;
  readonly #send: (samples: Int16Array) => void;
  readonly #waiting: Int16Array[] = [];
  #creditMs = maxBurstMs;
  #creditedAtMs: number;
  /** Instant up to which all time has sound. */
  #sentUntilMs = 0;
  #isSilent = false;
  #isStopped = false;
  #cancelTick: (() => void) | undefined;
  #onSent: (() => void) | undefined;

  constructor(clock: Clock, rateHz: number, send: (samples: Int16Array) => void) {
    this.#clock = clock;
    this.#samplesPerMs = rateHz / 1000;
    this.#send = send;
    this.#creditedAtMs = clock.nowMs();
  }

  /** Ms of sound that wait to be sent. */
  get waitingMs(): number {
    const samples = this.#waiting.reduce((sum, { length }) => sum + length, 0);
    return samples / this.#samplesPerMs;
  }

  /** Adds sound, and sends what may leave now. */
  push(samples: Int16Array): void {
    if (this.#isStopped || samples.length === 0) return;
    this.#waiting.push(samples);
    this.#sendDue();
  }

  /** Drops sound that was not sent yet. */
  dropWaiting(): void {
    this.#waiting.length = 0;
  }

  /** Calls back once no sound waits any more, which may be now. The next call takes its place. */
  onceSent(onSent: (() => void) | undefined): void {
    this.#onSent = onSent;
    this.#reportSent();
  }

  /** Begins or ends to fill time without sound with silence. */
  setSilent(isSilent: boolean): void {
    if (this.#isStopped || this.#isSilent === isSilent) return;
    this.#isSilent = isSilent;
    this.#sentUntilMs = Math.max(this.#sentUntilMs, this.#clock.nowMs());
    if (isSilent) this.#scheduleTick();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting.length = 0;
    this.#onSent = undefined;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
  }

  #sendDue() {
    const nowMs = this.#clock.nowMs();
    const earnedMs = maxPace * (nowMs - this.#creditedAtMs);
    this.#creditMs = Math.min(maxBurstMs, this.#creditMs + earnedMs);
    this.#creditedAtMs = nowMs;
    for (let [samples] = this.#waiting; samples && this.#creditMs > 0; ) {
      this.#waiting.shift();
      const most = Math.ceil(this.#creditMs * this.#samplesPerMs);
      if (samples.length > most) this.#waiting.unshift(samples.subarray(most));
      this.#sendPiece(samples.subarray(0, most), nowMs);
      [samples] = this.#waiting;
    }
    if (this.#isSilent && this.#waiting.length === 0) this.#fillTime(nowMs);
    this.#reportSent();
    if (this.#isSilent || this.#waiting.length > 0) this.#scheduleTick();
  }

  #reportSent() {
    if (this.#isStopped || this.#waiting.length > 0) return;
    const onSent = this.#onSent;
    this.#onSent = undefined;
    onSent?.();
  }

  /** Silence that was late is left out, since a server stretches speech to which it is added. */
  #fillTime(nowMs: number) {
    const missingMs = Math.min(maxBurstMs, Math.floor(nowMs - this.#sentUntilMs));
    if (missingMs < tickMs) return;
    this.#sentUntilMs = nowMs - missingMs;
    this.#sendPiece(new Int16Array(missingMs * this.#samplesPerMs), nowMs);
  }

  #sendPiece(samples: Int16Array, nowMs: number) {
    const ms = samples.length / this.#samplesPerMs;
    this.#creditMs -= ms;
    this.#sentUntilMs = Math.max(this.#sentUntilMs, nowMs - maxBurstMs) + ms;
    this.#send(samples);
  }

  #scheduleTick() {
    this.#cancelTick ??= this.#clock.later(tickMs, () => {
      this.#cancelTick = undefined;
      if (!this.#isStopped) this.#sendDue();
    });
  }
}
