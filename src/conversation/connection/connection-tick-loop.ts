import { setImmediate } from 'node:timers/promises';
import { resumePostponed } from '#src/conversation/answering/postpone-slow-answers.ts';
import type { QueuedTurn } from '#src/conversation/queue/queued-turn.ts';
import type { SpeakingContext } from '#src/conversation/session-context.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import { type ConnectionParts, handle, tellSaid } from './connection-parts.ts';
import { reportUndecodableSpeakers } from './report-undecodable-speakers.ts';

/** Interval of endpointing, in ms, while a person speaks or is answered: an utterance can end between packets. */
const tickMs = 20;
/** The same in a pause, whose end is waited for. */
const pauseTickMs = 10;
/** Shortest interval, in ms, between two steps that packets and frames cause: they come unevenly, and from several people. */
const leastTickMs = 15;
/** Time, in ms, without packet and frame after which a timer causes the steps. */
const undrivenMs = 40;
/** Interval in ms at which the state for the panel is checked while something goes on. */
const checkMs = 100;
/** The same while only tracks sound, which are shown in steps of 5 s, and while only what was shown passes by itself. */
const slowCheckMs = 1_000;
/** Time in ms for which anything that happened counts as going on. */
const freshMs = 2_000;
/** Time in ms for which it is checked slowly afterwards: longer than what passes by itself, as the window after Ask. */
const settleMs = 20_000;
/** A step that comes so late, in ms, comes after a hold of the main thread: what people said meanwhile waits in the socket. */
const heldMs = 100;
/** Turns of the event loop that read all of it: Node reads 32 datagrams in one, and a socket holds several hundred. */
const heldTurns = 32;
/** Longest time in ms without a check: meanwhile a yes for today may end, and a budget begin anew. */
const longestQuietMs = 60_000;

/**
 * The clock of one connection: ends utterances in pauses, and follows what passes by itself.
 *
 * While no person speaks or waits and nothing plays, it sleeps until it is woken or its next deadline.
 */
export class ConnectionTickLoop {
  readonly #parts: ConnectionParts;
  #nowMs: number;
  /** Instant of the last packet or frame. */
  #drivenAtMs = Number.NEGATIVE_INFINITY;
  /** It waits for its next step of endpointing. */
  #isTicking = false;
  /** A packet or a frame has ended that wait. */
  #isDriven = false;
  /** Instant at which something happened last. */
  #wokenAtMs: number;
  #checkAtMs: number;
  #aloneSinceMs: number | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#nowMs = this.#checkAtMs = this.#wokenAtMs = parts.context.parts.clock.nowMs();
  }

  /**
   * Returns 'alone' when no person was there for as long as the server has set. Errors: BotError `link.lost`, once in ten
   * minutes, when the sound of a person cannot be decoded. Aborting `signal` throws `signal.reason`.
   */
  async run(signal: AbortSignal): Promise<'alone'> {
    const { mix, parts, wakeup } = this.#parts.context;
    const { clock } = parts;
    const wake = () => wakeup.wake();
    using _ = mix.tracks.listen(wake);
    signal.addEventListener('abort', wake);
    try {
      while (!this.#step(signal)) {
        signal.throwIfAborted();
        const waitMs = this.#waitMs();
        const dueMs = this.#nowMs + waitMs;
        const isWoken = await wakeup.wait(this.#timerMs(waitMs));
        if (this.#isDriven) await packetsFirst(1, signal);
        if (clock.nowMs() - dueMs > heldMs) await packetsFirst(heldTurns, signal);
        this.#isDriven = false;
        this.#nowMs = clock.nowMs();
        if (isWoken) this.#wokenAtMs = this.#nowMs;
      }
      return 'alone';
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** A packet has come, or the link asks for a frame: that ends the wait for a step of endpointing. */
  drive(): void {
    const { parts, wakeup } = this.#parts.context;
    this.#drivenAtMs = parts.clock.nowMs();
    if (!this.#isTicking || this.#drivenAtMs - this.#nowMs < leastTickMs) return;
    this.#isDriven = true;
    wakeup.end();
  }

  /** True when no person was there for long enough. */
  #step(signal: AbortSignal): boolean {
    signal.throwIfAborted();
    const { inputs, interruptions, waiting, orderlyEnd, greeter } = this.#parts;
    const atMs = this.#nowMs;
    for (const { speakerId, noticed } of inputs.tick(atMs)) handle(speakerId, noticed, this.#parts);
    interruptions.tick();
    waiting.tick(signal);
    const isTalking = inputs.talking().length > 0;
    orderlyEnd.check();
    greeter.check(atMs, () => isTalking);
    if (atMs >= this.#checkAtMs) this.#check(isTalking);
    return this.#aloneSinceMs !== undefined && atMs - this.#aloneSinceMs >= this.#aloneMs;
  }

  /** Limit, in ms, of the time alone, as the server has set it now. */
  get #aloneMs(): number {
    return this.#parts.context.settings().leaveAfterMs;
  }

  #check(isTalking: boolean): void {
    const { link, context, departures, utterances } = this.#parts;
    const atMs = this.#nowMs;
    this.#checkAtMs = atMs + checkMs;
    attend(this.#parts);
    const isCompany = link.people().some(({ isBot }) => !isBot);
    this.#aloneSinceMs = isCompany ? undefined : (this.#aloneSinceMs ?? atMs);
    context.mix.attend(isCompany);
    departures.check();
    checkFeatures(this.#parts);
    reportUndecodableSpeakers(this.#parts, atMs);
    context.queue.expire();
    const isQuiet = !isTalking && !utterances.pending;
    resumePostponed(context, isQuiet);
    context.spokenNotices.check(isQuiet);
    check(this.#parts);
  }

  /** Until the next step, unless it is woken. */
  #waitMs(): number {
    const { context, inputs, utterances, greeter } = this.#parts;
    const { mix, queue, spokenNotices, reportedFailures, panel } = context;
    if (inputs.isPausing) return pauseTickMs;
    const isBusy = queue.next || utterances.pending || greeter.isWaiting;
    if (isBusy || inputs.isBusy(this.#nowMs)) return tickMs;
    const isAwaited =
      queue.aside.length > 0 || spokenNotices.isWaiting || reportedFailures.decoding.isWatching;
    const sinceMs = this.#nowMs - this.#wokenAtMs;
    if (isAwaited || sinceMs < freshMs) return checkMs;
    const aloneAtMs = (this.#aloneSinceMs ?? Number.POSITIVE_INFINITY) + this.#aloneMs;
    const dueMs = Math.min(aloneAtMs, panel.passesAtMs) - this.#nowMs;
    const isPassing = sinceMs < settleMs || mix.tracks.isMoving;
    return Math.min(isPassing ? slowCheckMs : longestQuietMs, Math.max(checkMs, dueMs));
  }

  /** Until the timer of a step in `waitMs`: later while packets or frames cause the steps. */
  #timerMs(waitMs: number): number {
    this.#isTicking = waitMs === tickMs;
    const isFlowing = this.#nowMs - this.#drivenAtMs < undrivenMs;
    return this.#isTicking && isFlowing ? undrivenMs : waitMs;
  }
}

/** Timers fire before sockets are read: without this, what was said during a hold counts as silence and ends the utterance. */
async function packetsFirst(turns: number, signal: AbortSignal): Promise<void> {
  for (let turn = 0; turn < turns && !signal.aborted; turn++) await setImmediate();
}

/** Drops people who may not be heard any more, in the middle of a word. */
export function attend({ inputs, utterances, context: { gate } }: ConnectionParts): void {
  inputs.keep((speakerId) => gate.mayHear(speakerId));
  utterances.keep((speakerId) => gate.mayHear(speakerId));
}

/** Shows the panel what goes on. */
export function check({ link, inputs, utterances, context }: ConnectionParts): void {
  const { channel, queue, gate, output, panel } = context;
  panel.check({
    channelName: channel.name,
    people: link.people(),
    gate,
    talking: inputs.talking(),
    current: queue.next ?? utterances.pending,
    following: queue.following,
    sounds: output.sounds,
    step: stepOf(queue.current, output),
  });
}

/** Tells features who is there, and what is being said. */
function checkFeatures({ link, context }: ConnectionParts): void {
  context.features.attend(link.people());
  const { sent } = context.output;
  if (sent) tellSaid(context, sent);
}

/** The tool people wait for. */
function stepOf(
  current: QueuedTurn | undefined,
  { sounds, starves }: SpeakingContext['output'],
): PlainTextId | undefined {
  if (current?.kind !== 'question' || (sounds && !starves)) return undefined;
  return current.step?.();
}
