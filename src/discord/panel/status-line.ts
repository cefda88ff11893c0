import { RateLimitError } from 'discord.js';
import { withDeadline } from '#src/discord/library/deadline.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { waitAfterLimitMs } from '#src/discord/rest-clock.ts';
import { isFinal } from './panel.ts';

export type StatusLineOptions = {
  readonly timing: SyncTiming;
  /** What only the bot writes: a former run may have left it there. */
  readonly ours: readonly string[];
  /** Whether the bot may change the line now, as far as it was told. */
  mayWrite(): boolean;
  /** Empty words take the line away. */
  write(words: string): Promise<unknown>;
  /** Discord did not take it, though it was allowed. */
  failed(error: unknown): void;
};

const [apartMs, retryMs] = [10_000, 60_000];
/** Nobody waits longer for the bot to leave. */
const endMs = 500;

const never = new AbortController().signal;

/**
 * The line under one voice channel, from the moment the bot sits there: written at most every 10 s, what is to be seen
 * last lands.
 *
 * What a person has written stays, and where a person took ours away it stays away. Until it was told what stands there
 * nothing is written.
 */
export class StatusLine {
  readonly #options: StatusLineOptions;
  readonly #ours: Set<string>;
  #wanted = '';
  #standing: string | undefined;
  #nextMs = Number.NEGATIVE_INFINITY;
  #busy = false;
  #forget: (() => void) | undefined;
  #over = false;

  constructor(options: StatusLineOptions) {
    this.#options = options;
    this.#ours = new Set(options.ours);
  }

  want(words: string): void {
    this.#wanted = words;
    this.#touch();
  }

  /** Reports the status line as it reads at Discord now, ours or not. */
  found(words: string): void {
    if (words === '' && this.#isMarked()) this.#over = true;
    this.#standing = words;
    this.#touch();
  }

  /** Takes the line away, if it is ours, in at most half a second. Nothing is written any more. Never throws. */
  async end(): Promise<void> {
    this.#over = true;
    this.#forget?.();
    if (!this.#isMarked() || !this.#options.mayWrite()) return;
    this.#standing = '';
    const { timing, write } = this.#options;
    const late = () => new Error(`the line stayed for ${endMs} ms`);
    await withDeadline(() => write(''), { ms: endMs, timing, late }, never).catch(() => {});
  }

  #touch(): void {
    if (this.#busy || this.#forget || !this.#isDue()) return;
    const { timing } = this.#options;
    this.#forget = timing.later(Math.max(0, this.#nextMs - timing.nowMs()), () => {
      this.#forget = undefined;
      if (this.#isDue() && this.#options.mayWrite()) void this.#write(this.#wanted);
    });
  }

  async #write(words: string): Promise<void> {
    const { timing, write } = this.#options;
    const before = this.#standing;
    this.#busy = true;
    this.#ours.add(words);
    this.#standing = words; // what is told meanwhile is newer
    this.#nextMs = timing.nowMs() + apartMs;
    try {
      await write(words);
    } catch (error) {
      if (this.#standing === words) this.#standing = before;
      this.#failed(error);
    } finally {
      this.#busy = false;
    }
    this.#touch();
  }

  /** Handles a failed write; a bot that was thrown out meanwhile may not write any more, which is no failure. */
  #failed(error: unknown): void {
    const { failed, mayWrite, timing } = this.#options;
    const isLimit = error instanceof RateLimitError;
    const waitMs = isLimit ? Math.max(apartMs, waitAfterLimitMs(error)) : retryMs;
    this.#nextMs = timing.nowMs() + waitMs;
    if (isFinal(error)) this.#over = true;
    if (!isLimit && mayWrite()) failed(error);
  }

  #isDue(): boolean {
    if (this.#over || this.#standing === undefined || this.#standing === this.#wanted) return false;
    return this.#standing === '' || this.#isMarked();
  }

  /** Words of ours stand there. */
  #isMarked(): boolean {
    return this.#standing !== undefined && this.#standing !== '' && this.#ours.has(this.#standing);
  }
}
