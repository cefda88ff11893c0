import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Luck, PortName } from './luck.ts';

/** Time, in ms, after which a voice that gives no sound may be given up. */
const lateVoiceMs = 3_000;

/** A call that goes on. */
export type RunningCall = {
  readonly port: PortName;
  /** People whose sound it holds. */
  readonly by: readonly string[];
  /** What a voice is made for. */
  readonly text: string;
  readonly signal: AbortSignal;
};

type CallSubject = Partial<Pick<RunningCall, 'by' | 'text'>>;
type CallTimes = readonly [leastMs: number, usualMs: number, longestMs: number];

/** Calls of engines: they take time and fail by luck, and count as running until then. */
export class RunningCalls {
  /** Latest instant, in ms, at which a voice failed or was late. */
  unsaidMs = Number.NEGATIVE_INFINITY;
  readonly clock: Clock;
  readonly luck: Luck;
  readonly #listRunning = new Set<RunningCall>();

  constructor(clock: Clock, luck: Luck) {
    this.clock = clock;
    this.luck = luck;
  }

  /** Calls that go on and were not cancelled. */
  get listRunning() {
    return [...this.#listRunning].filter(({ signal }) => !signal.aborted);
  }

  /** Number of all calls that go on. */
  get countLeft() {
    return this.#listRunning.size;
  }

  async call(
    port: PortName,
    [leastMs, usualMs, longestMs]: CallTimes,
    signal: AbortSignal,
    { by = [], text = '' }: CallSubject = {},
  ) {
    const { fails, takesMs } = this.luck.call(port, leastMs, usualMs, longestMs);
    const running = { port, by, text, signal };
    this.#listRunning.add(running);
    const fromMs = this.clock.nowMs();
    try {
      await this.clock.sleep(takesMs, signal);
    } finally {
      this.#listRunning.delete(running);
      const nowMs = this.clock.nowMs();
      const isLate = nowMs - fromMs > lateVoiceMs;
      if (port === 'speak' && (fails || isLate)) this.unsaidMs = nowMs;
    }
    if (fails) throw new BotError('provider.unreachable', true, 'Gone.');
  }
}
