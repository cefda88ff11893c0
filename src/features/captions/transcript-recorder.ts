import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { bySpeech } from './live/line-rendering.ts';
import type { TranscriptWriter } from './store/transcript-writer.ts';
import { peopleIn, type TranscriptLine, type TranscriptSession } from './transcript-line.ts';
import type { ResumableSession } from './transcript-store-types.ts';

export type TranscriptRecorderOptions = {
  readonly session: TranscriptSession;
  /** Last lines of a session that is resumed. */
  readonly former?: Pick<ResumableSession, 'lines'>;
  /** Instant of the monotonic clock that is 0 ms of the session. */
  readonly startedAtMs: number;
  readonly writer: Omit<TranscriptWriter, 'endOpenSessions'>;
  readonly clock: Clock;
  /** Told of each failed write; it is tried again. Never throws. */
  readonly onFailed: (error: unknown) => void;
  /** Told of each write that went well. Never throws. */
  readonly onSaved: () => void;
};

/** Time, in ms, in which what was said is gathered before it is written; a killed process loses no more. */
const gatherMs = 300;
/** Pause, in ms, after a write that failed. */
const retryMs = 10_000;
/** Longest wait, in ms, for a write; then it is told, and goes on. */
const waitMs = 5_000;
/** Lines that wait for a store in trouble; the oldest are given up first. */
const mostWaiting = 5_000;
/** Limits of the lines that are kept in memory, in ms of age and in number: for models, and for messages that still change. */
const [recentMs, mostRecent] = [60 * 60_000, 2_000];

/**
 * Writes one session of captions to the store as it goes on. No caller waits for the disk; what cannot be written waits, within a
 * bound, until it can.
 */
export class TranscriptRecorder {
  readonly #options: TranscriptRecorderOptions;
  readonly #over = new AbortController();
  #session: TranscriptSession;
  #lastNumber: number;
  readonly #recent = new Map<number, TranscriptLine>();
  /** State of the session that the store holds. */
  #writtenSession: TranscriptSession | undefined;
  /** Lines that the store does not hold yet. */
  readonly #waiting = new Map<number, TranscriptLine>();
  #writing: Promise<void> | undefined;

  constructor(options: TranscriptRecorderOptions) {
    this.#options = options;
    this.#session = options.session;
    for (const line of options.former?.lines ?? []) this.#recent.set(line.number, line);
    this.#lastNumber = Math.max(0, ...this.#recent.keys());
    this.#schedule();
  }

  get session(): TranscriptSession {
    return this.#session;
  }

  /** Number of the next line. */
  nextNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  /** An instant of the monotonic clock in ms of the session. */
  sessionMs(atMs: number): number {
    return Math.max(0, Math.round(atMs - this.#options.startedAtMs));
  }

  /** An instant of the session on the monotonic clock. */
  atMs(sessionMs: number): number {
    return this.#options.startedAtMs + sessionMs;
  }

  /** Adds a line, or changes the one of that number. */
  put(line: TranscriptLine): void {
    this.#recent.set(line.number, line);
    this.#waiting.set(line.number, line);
    this.#trim();
    this.#schedule();
  }

  line(number: number): TranscriptLine | undefined {
    return this.#recent.get(number);
  }

  /** Lines in memory, in order of speech. */
  recent(): readonly TranscriptLine[] {
    return [...this.#recent.values()].sort(bySpeech);
  }

  /** Drops these lines: they are neither written nor kept in memory any more. */
  drop(numbers: Iterable<number>): void {
    for (const number of numbers) {
      this.#recent.delete(number);
      this.#waiting.delete(number);
    }
  }

  /** Drops what was said by this person or answered to them; numbers of the lines in memory. */
  forget(personId: string): readonly number[] {
    const all = [...this.#recent.values(), ...this.#waiting.values()];
    const theirs = all.filter(({ speaker }) => peopleIn(speaker).includes(personId));
    const numbers = theirs.map(({ number }) => number);
    this.drop(numbers);
    return numbers;
  }

  /** Writes the lines that wait at once, as a person reads them now. Never throws. */
  async settled(): Promise<void> {
    const done = new AbortController();
    const late = this.#options.clock.sleep(waitMs, done.signal).catch(() => undefined);
    await Promise.race([this.#write(), late]);
    done.abort();
  }

  /** Ends the session, and writes what waits. Never throws. */
  async end(): Promise<void> {
    this.#session = { ...this.#session, endedAtWallMs: this.#options.clock.wallMs() };
    this.#over.abort(new Error('the session has ended'));
    await this.settled();
  }

  #schedule(): void {
    if (this.#over.signal.aborted) return;
    this.#writing ??= this.#run().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Until nothing waits. Never throws. */
  async #run(): Promise<void> {
    const { signal } = this.#over;
    let pauseMs = gatherMs;
    while (this.#hasWork) {
      await this.#options.clock.sleep(pauseMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      pauseMs = (await this.#write()) ? gatherMs : retryMs;
    }
  }

  get #hasWork(): boolean {
    return this.#writtenSession !== this.#session || this.#waiting.size > 0;
  }

  /** False where it failed: then all of it waits again. */
  async #write(): Promise<boolean> {
    if (!this.#hasWork) return true;
    const { clock, writer, onFailed, onSaved } = this.#options;
    const done = new AbortController();
    const tell = () => onFailed(silent());
    void clock.sleep(waitMs, done.signal).then(tell, () => undefined);
    try {
      const session = this.#session;
      if (this.#writtenSession !== session) await writer.putSession(session);
      this.#writtenSession = session;
      const lines = [...this.#waiting.values()];
      if (lines.length > 0) await writer.putLines(lines);
      for (const line of lines)
        if (this.#waiting.get(line.number) === line) this.#waiting.delete(line.number);
      onSaved();
      return true;
    } catch (error) {
      const tooMany = Math.max(0, this.#waiting.size - mostWaiting);
      for (const number of [...this.#waiting.keys()].slice(0, tooMany))
        this.#waiting.delete(number);
      onFailed(error);
      return false;
    } finally {
      done.abort();
    }
  }

  #trim(): void {
    const nowMs = this.sessionMs(this.#options.clock.nowMs());
    for (const [number, { endMs }] of this.#recent) {
      if (this.#recent.size <= mostRecent && endMs >= nowMs - recentMs) return;
      this.#recent.delete(number);
    }
  }
}

function silent(): BotError {
  const message = `Captions are not saved yet: the store did not answer in ${waitMs / 1000} s.`;
  return new BotError('store.unwritable', true, message);
}
