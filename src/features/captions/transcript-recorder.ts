import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { TranscriptWriter } from './store/transcript-writer.ts';
import { peopleIn, type TranscriptLine, type TranscriptSession } from './transcript-line.ts';
import type { ResumableSession } from './transcript-store-types.ts';

export type TranscriptRecorderOptions = {
  readonly session: TranscriptSession;
  /** Last lines of a session that is resumed. */
  readonly former?: Pick<ResumableSession, 'lastNumber' | 'lines'>;
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
/** Corrections of time servers put the wall clock back by less, in ms, at a time. */
const leastStepMs = 1_000;
/** Lines that wait for a store in trouble; the oldest are given up first. */
const mostWaiting = 5_000;
/** Lines of which it is remembered who said them or was answered; the oldest are forgotten first. */
const mostSpeakers = 50_000;
/** Limits of the lines that are kept in memory, in ms of age and in number: for models, and for a link that is late. */
const [recentMs, mostRecent] = [15 * 60_000, 2_000];

/**
 * Writes one session of captions to the store as it goes on. No caller waits for the disk; what cannot be written waits, within a
 * bound, until it can.
 */
export class TranscriptRecorder {
  readonly #options: TranscriptRecorderOptions;
  readonly #over = new AbortController();
  #session: TranscriptSession;
  #isSessionWritten = false;
  /** True where the store holds the session, in its present or an older state: its lines can be written. */
  #isSessionThere = false;
  #lastNumber: number;
  readonly #recent = new Map<number, TranscriptLine>();
  #lines = new Map<number, TranscriptLine>();
  readonly #speakers = new Map<number, TranscriptLine['speaker']>();
  #writing: Promise<void> | undefined;
  /** Lines that were forgotten while a write was under way: where that fails, they do not wait again. */
  readonly #forgotten = new Set<number>();

  constructor(options: TranscriptRecorderOptions) {
    this.#options = options;
    this.#session = options.session;
    this.#lastNumber = options.former?.lastNumber ?? 0;
    for (const line of options.former?.lines ?? []) {
      this.#recent.set(line.number, line);
      this.#speakers.set(line.number, line.speaker);
    }
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
    this.#lines.set(line.number, line);
    this.#speakers.set(line.number, line.speaker);
    this.#trim();
    this.#schedule();
  }

  line(number: number): TranscriptLine | undefined {
    return this.#recent.get(number);
  }

  /** Lines in memory that began at `fromMs` of the session or later, in order of speech. */
  recent(fromMs = 0): readonly TranscriptLine[] {
    return [...this.#recent.values()]
      .filter(({ startMs }) => startMs >= fromMs)
      .sort((one, other) => one.startMs - other.startMs || one.number - other.number);
  }

  /** Drops these lines: they are neither written nor kept in memory any more. */
  drop(numbers: Iterable<number>): void {
    for (const number of numbers) {
      this.#recent.delete(number);
      this.#lines.delete(number);
      this.#speakers.delete(number);
      this.#forgotten.add(number);
    }
  }

  /** Numbers of all that was said by this person or answered to them. */
  forget(personId: string): readonly number[] {
    const theirs = [...this.#speakers].filter(([, speaker]) =>
      peopleIn(speaker).includes(personId),
    );
    const numbers = theirs.map(([number]) => number);
    this.drop(numbers);
    return numbers;
  }

  /** Writes the lines that wait at once, as a person reads them now. Never throws. */
  async settled(): Promise<void> {
    const { clock } = this.#options;
    const done = new AbortController();
    const late = clock.sleep(waitMs, done.signal).catch(() => undefined);
    await Promise.race([this.#write(), late]);
    done.abort();
  }

  /** Ends the session, and writes what waits. Never throws. */
  async end(): Promise<void> {
    const { clock } = this.#options;
    this.#followClock();
    this.#session = { ...this.#session, endedAtWallMs: clock.wallMs() };
    this.#isSessionWritten = false;
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
    const { clock } = this.#options;
    const { signal } = this.#over;
    let pauseMs = gatherMs;
    while (this.#hasWork && !signal.aborted) {
      await clock.sleep(pauseMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      pauseMs = (await this.#write()) ? gatherMs : retryMs;
    }
  }

  get #hasWork(): boolean {
    return !this.#isSessionWritten || this.#lines.size > 0;
  }

  /** Where the wall clock was put back, the session began so much earlier: no line of it lies in times to come. */
  #followClock(): void {
    const { clock } = this.#options;
    const startedAtWallMs = clock.wallMs() - this.sessionMs(clock.nowMs());
    if (this.#session.startedAtWallMs - startedAtWallMs < leastStepMs) return;
    this.#session = { ...this.#session, startedAtWallMs };
    this.#isSessionWritten = false;
  }

  /** False where it failed: then all of it waits again, behind nothing. */
  async #write(): Promise<boolean> {
    this.#followClock();
    if (!this.#hasWork) return true;
    const { writer, onFailed, onSaved } = this.#options;
    const [session, lines] = [this.#session, this.#lines];
    this.#lines = new Map();
    this.#forgotten.clear();
    const done = new AbortController();
    const silence = this.#options.clock.sleep(waitMs, done.signal);
    void silence.then(
      () => onFailed(silent()),
      () => undefined,
    );
    try {
      const puttingSession = this.#putSession(session);
      if (!this.#isSessionThere) await puttingSession; // its rows need it
      await Promise.all([puttingSession, lines.size > 0 && writer.putLines([...lines.values()])]);
      onSaved();
      return true;
    } catch (error) {
      const forgotten = this.#forgotten;
      const again = [...lines].filter(([number]) => !forgotten.has(number));
      this.#lines = new Map([...again, ...this.#lines].slice(-mostWaiting));
      onFailed(error);
      return false;
    } finally {
      done.abort();
    }
  }

  async #putSession(session: TranscriptSession): Promise<void> {
    if (!this.#isSessionWritten) await this.#options.writer.putSession(session);
    this.#isSessionWritten = session === this.#session;
    this.#isSessionThere = true;
  }

  #trim(): void {
    const [oldest] = this.#speakers.keys();
    if (oldest !== undefined && this.#speakers.size > mostSpeakers) this.#speakers.delete(oldest);
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
