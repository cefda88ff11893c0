import { setImmediate } from 'node:timers/promises';
import { BotError } from '#src/base/errors.ts';
import { together } from '#src/base/loops/run-together.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import {
  type ConnectionParts,
  type ConnectionSources,
  handle,
  openConnectionParts,
  tellSaid,
} from '#src/conversation/connection/connection-parts.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { VoiceLink } from '#src/ports/voice-link.ts';

/** Interval of endpointing, in ms, while a person sends or talks and no packet comes: an utterance can end between packets. */
const tickMs = 20;
/** The same in a pause, whose end is waited for. */
const pauseTickMs = 10;
/** Shortest interval, in ms, between two steps that packets cause: every other packet of one person causes one. */
const leastTickMs = 35;
/** Time, in ms, without packet after which a timer causes the steps. */
const undrivenMs = 60;
/** Interval in ms at which the state for the panel is checked while something goes on. */
const checkMs = 250;
/** The same while only tracks sound, which are shown in steps of 5 s, and while only what was shown passes by itself. */
const slowCheckMs = 1_000;
/** Time in ms for which anything that happened counts as going on. */
const freshMs = 2_000;
/** Time in ms for which it is checked slowly afterwards: longer than what passes by itself, as the window after Ask. */
const settleMs = 20_000;
/** A step that comes so late, in ms, comes after a hold of the main thread: what people said meanwhile waits in the socket. */
const heldMs = 60;
/** Turns of the event loop that read all of it: Node reads 32 datagrams in one, and a socket holds several hundred. */
const heldTurns = 32;
/** Longest time in ms without a check: meanwhile a yes for today may end, and a budget begin anew. */
const longestQuietMs = 60_000;

/**
 * The clock of one connection: ends utterances in pauses, and follows what passes by itself.
 *
 * While no person speaks or waits and nothing plays, it sleeps until it is woken or its next deadline.
 */
class ConnectionTickLoop {
  readonly #parts: ConnectionParts;
  #nowMs: number;
  /** Instant of the last packet. */
  #drivenAtMs = Number.NEGATIVE_INFINITY;
  /** It waits for its next step of endpointing. */
  #isTicking = false;
  /** Instant at which something happened last. */
  #wokenAtMs: number;
  #checkAtMs: number;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#nowMs = this.#checkAtMs = this.#wokenAtMs = parts.context.parts.clock.nowMs();
  }

  /** Never returns. Aborting `signal` throws `signal.reason`. */
  async run(signal: AbortSignal): Promise<never> {
    const { mix, parts, wakeup } = this.#parts.context;
    const { clock } = parts;
    const wake = () => wakeup.wake();
    using _ = mix.tracks.listen(wake);
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        this.#step(signal);
        const waitMs = this.#waitMs();
        const dueMs = this.#nowMs + waitMs;
        const isWoken = await wakeup.wait(this.#timerMs(waitMs));
        if (clock.nowMs() - dueMs > heldMs) await packetsFirst(signal);
        this.#nowMs = clock.nowMs();
        if (isWoken) this.#wokenAtMs = this.#nowMs;
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** A packet has come: that ends the wait for a step of endpointing, at once where a pause begins. */
  drive(): void {
    const { context, inputs } = this.#parts;
    this.#drivenAtMs = context.parts.clock.nowMs();
    const isDue = this.#drivenAtMs - this.#nowMs >= leastTickMs || inputs.isPausing;
    if (this.#isTicking && isDue) context.wakeup.end();
  }

  #step(signal: AbortSignal): void {
    signal.throwIfAborted();
    const { context, inputs, interruptions } = this.#parts;
    const atMs = this.#nowMs;
    for (const { speakerId, noticed } of inputs.tick(atMs)) handle(speakerId, noticed, this.#parts);
    context.talk.noticeSound();
    interruptions.tick();
    if (atMs >= this.#checkAtMs) this.#check();
  }

  #check(): void {
    const { link, context, output } = this.#parts;
    this.#checkAtMs = this.#nowMs + checkMs;
    attend(this.#parts);
    const people = link.people();
    context.mix.tracks.pause(people.every(({ isBot }) => isBot));
    context.features.attend(people);
    const { sent } = output;
    if (sent) tellSaid(context, sent);
    this.#parts.show();
  }

  /** Until the next step, unless it is woken. */
  #waitMs(): number {
    const { context, inputs } = this.#parts;
    const { addressing, mix, talk } = context;
    if (inputs.isPausing) return pauseTickMs;
    if (inputs.isBusy(this.#nowMs)) return tickMs;
    const { floor, turns } = talk.state;
    const isBusy = floor.current !== undefined || turns.some(({ open }) => open.length > 0);
    const sinceMs = this.#nowMs - this.#wokenAtMs;
    if (isBusy || sinceMs < freshMs) return checkMs;
    const dueMs = addressing.closesAtMs - this.#nowMs;
    const isPassing = sinceMs < settleMs || mix.tracks.isMoving;
    return Math.min(isPassing ? slowCheckMs : longestQuietMs, Math.max(checkMs, dueMs));
  }

  /** Until the timer of a step in `waitMs`: later while packets cause the steps. */
  #timerMs(waitMs: number): number {
    this.#isTicking = waitMs === tickMs;
    return this.#isTicking && this.#nowMs - this.#drivenAtMs < undrivenMs ? undrivenMs : waitMs;
  }
}

/** Timers fire before sockets are read: without this, what was said during a hold counts as silence and ends the utterance. */
async function packetsFirst(signal: AbortSignal): Promise<void> {
  for (let turn = 0; turn < heldTurns && !signal.aborted; turn++) await setImmediate();
}

/** Drops people who may not be heard any more, in the middle of a word, and tells the conversation who is there. */
function attend({ inputs, context: { gate, talk } }: ConnectionParts): void {
  talk.syncPeople();
  inputs.keep((speakerId) => gate.mayHear(speakerId));
}

/** Undecodable sound of one person in a row, in ms, after which the link is opened anew. */
const undecodableMs = 10_000;
/** Shortest time, in ms, between the last loss of the link and such an end of it. */
const reopenEveryMs = 600_000;

/**
 * Runs one connection: hears people until the channel is left, and speaks.
 *
 * Errors: as `VoiceLink.hear`, and, once in ten minutes, `link.lost` when the sound of a person cannot be decoded; anything else
 * is a bug.
 * Aborting `signal` throws `signal.reason`.
 */
export async function runHearAndSpeakLoop(
  link: VoiceLink,
  context: SessionContext,
  sources: ConnectionSources,
  signal: AbortSignal,
): Promise<'lost'> {
  const { gate } = context;
  using parts = openConnectionParts(link, context, sources);
  const clock = new ConnectionTickLoop(parts);
  gate.onChange(() => {
    attend(parts);
    parts.show();
    context.wakeup.wake();
  });
  link.onPeople(() => {
    context.talk.syncPeople();
    context.wakeup.wake();
  });
  link.onUnheard((packet) => {
    context.unanswered.arrived(packet);
  });
  try {
    return await together<'lost'>(signal, [
      (until) => hearPackets(parts, clock, until),
      (until) => clock.run(until),
      (until) => unlessAborted(context.talk.bug, until),
    ]);
  } finally {
    gate.onChange(() => undefined);
    link.onPeople(() => undefined);
    link.onUnheard(() => undefined);
  }
}

/** A packet may have waited while its speaker said no, so the gate is asked once more. */
async function hearPackets(
  parts: ConnectionParts,
  clock: ConnectionTickLoop,
  signal: AbortSignal,
): Promise<'lost'> {
  const { link, inputs, context } = parts;
  for await (const packet of link.hear(signal)) {
    const { speakerId } = packet;
    if (!context.gate.mayHear(speakerId)) continue;
    if (!inputs.isBusy(packet.atMs)) context.wakeup.wake();
    for (const one of inputs.put(packet)) handle(speakerId, one, parts);
    clock.drive();
    reopenUndecodable(speakerId, inputs.unheardMs(speakerId), context);
  }
  return 'lost';
}

/** A new link has new keys. What lasts has another cause. */
function reopenUndecodable(
  speakerId: string,
  unheardMs: number,
  { nameOf, notice, parts, talk }: SessionContext,
): void {
  const upMs = parts.clock.nowMs() - talk.state.link.lostAtMs;
  if (unheardMs < undecodableMs || upMs < reopenEveryMs) return;
  notice({ id: 'heard.undecodable', with: { name: nameOf(speakerId) } });
  throw new BotError('link.lost', true, 'The sound of a person could not be decoded for 10 s.');
}
