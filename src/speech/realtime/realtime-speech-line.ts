import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import { type LinkOptions, RealtimeLink } from '#src/provider/realtime-link.ts';
import type { ResponseEvent, TalkEvent } from '#src/provider/realtime-reading.ts';
import {
  eventIdOf,
  type SentenceRequest,
  type SpeechManner,
  speechOpening,
  speechRequest,
  tagField,
} from './realtime-speech-request.ts';
import { RealtimeUtterance, type UtteranceLimits } from './realtime-speech-utterance.ts';

export type SpeechConnectionLimits = UtteranceLimits & {
  /** Longest time in ms until a cancelled utterance is over; else the connection takes no more of them. */
  readonly cancelMs: number;
  /** Servers end a session after an hour. */
  readonly oldestMs: number;
};

export type SpeechConnectionOptions = Omit<LinkOptions, 'opening'> & {
  readonly manner: SpeechManner;
  readonly lineLimits: SpeechConnectionLimits;
};

/**
 * Unread sound of one utterance, in ms: above the second limit reading stops, below the first it resumes; only while no
 * other utterance is waited for.
 */
const [fewHereMs, enoughHereMs] = [500, 1000];
const mostFormer = 64;
/** Error code of a server that reads one text at a time. */
const oneAtATime = 'conversation_already_has_active_response';

/**
 * One connection with one voice, over which several texts are read at once. The returned tag tells them apart, else the id of
 * the response, else their order.
 */
export class SpeechConnection {
  readonly #options: SpeechConnectionOptions;
  #link: RealtimeLink | undefined;
  /** Utterances in the order of their requests, until the server has ended them. */
  #active: RealtimeUtterance[] = [];
  /** Ids of responses that are over. */
  #former: string[] = [];
  #asked = 0;
  #isSerial = false;
  #isPaused = false;
  #isRetired = false;

  private constructor(options: SpeechConnectionOptions) {
    this.#options = options;
  }

  /** Errors: BotError `provider.*`. Aborting `signal` throws `signal.reason`. */
  static async open(
    options: SpeechConnectionOptions,
    signal: AbortSignal,
  ): Promise<SpeechConnection> {
    const line = new SpeechConnection(options);
    const { manner } = options;
    line.#link = await RealtimeLink.open(
      { ...options, opening: speechOpening(manner) },
      {
        hear: (event) => line.#hear(event),
        lost: (error) => line.#lose(error),
      },
      signal,
    );
    return line;
  }

  /** Whether the next text may be read over it. */
  get isUsable(): boolean {
    const link = this.#link;
    if (!link?.alive || this.#isRetired) return false;
    return this.#clock.nowMs() - link.openedAtMs < this.#options.lineLimits.oldestMs;
  }

  get isIdle(): boolean {
    return this.#active.length === 0;
  }

  say(asked: SentenceRequest): RealtimeUtterance {
    const utterance = new RealtimeUtterance({
      ...this.#options,
      asked,
      tag: `${++this.#asked}`,
      clock: this.#clock,
      limits: this.#options.lineLimits,
      taken: () => this.#flow(),
    });
    this.#active.push(utterance);
    if (this.#link?.alive) this.#sendWaiting();
    else this.#lose(new BotError('provider.truncated', true, 'The connection broke.'));
    this.#flow();
    return utterance;
  }

  /** Its reader has stopped. */
  leave(utterance: RealtimeUtterance): void {
    if (utterance.hasLeft) return;
    utterance.leave();
    this.#giveUp(utterance);
    this.#flow();
  }

  /** The current text is read to its end. */
  retire(): void {
    this.#isRetired = true;
    this.#active = this.#active.filter(({ hasLeft, isOver }) => !hasLeft && !isOver);
    if (this.isIdle) this.#close();
    else this.#flow();
  }

  close(): void {
    this.#lose(new BotError('provider.unreachable', false, 'The voice is closed.'));
    this.#close();
  }

  #close(): void {
    this.#link?.close();
    this.#link = undefined;
  }

  #hear(event: TalkEvent): void {
    switch (event.kind) {
      case 'error':
        this.#object(event);
        return;
      case 'created':
      case 'updated':
      case 'committed':
      case 'item':
        return;
      case 'began':
      case 'output':
      case 'sound':
      case 'words':
      case 'call':
      case 'done':
        this.#answered(event);
    }
  }

  #answered(event: ResponseEvent): void {
    const utterance = this.#whose(event);
    if (!utterance) return;
    utterance.handle(event);
    if (event.kind === 'done') this.#remove(utterance);
    else if (utterance.hasLeft)
      this.#cancel(utterance); // its id was not known before
    else if (utterance.isOver) this.#giveUp(utterance);
    this.#flow();
  }

  #whose(event: ResponseEvent): RealtimeUtterance | undefined {
    const id = event.responseId || undefined;
    const sent = this.#active.filter(({ isSent }) => isSent);
    if (id === undefined) return sent.find(({ responseId }) => responseId !== undefined) ?? sent[0];
    const known = sent.find(({ responseId }) => responseId === id);
    if (known || this.#former.includes(id)) return known;
    const tag = event.kind === 'began' ? event.metadata[tagField] : undefined;
    const fresh = sent.filter(({ responseId }) => responseId === undefined);
    const named = fresh.find((utterance) => utterance.tag === tag);
    const next = tag === undefined ? fresh[0] : named;
    if (next) next.responseId = id;
    else this.#forget(id);
    return next;
  }

  /** Most errors affect only the event they name. */
  #object(error: Extract<TalkEvent, { kind: 'error' }>): void {
    const fresh = this.#active.filter((one) => one.isSent && one.responseId === undefined);
    const named = fresh.find(({ tag }) => eventIdOf(tag) === error.eventId);
    const isBusy = error.code === oneAtATime;
    const refused = named ?? (isBusy ? fresh.at(-1) : undefined);
    if (refused && isBusy && this.#active.some((one) => one.isSent && one !== refused)) {
      this.#isSerial = true;
      refused.isSent = false;
      if (refused.hasLeft) this.#remove(refused);
    } else if (refused) {
      refused.refuse(error);
      this.#remove(refused);
    } else if (error.eventId === undefined) for (const one of fresh) one.suspect(error);
    this.#flow();
  }

  #sendWaiting(): void {
    const link = this.#link;
    for (const utterance of this.#active) {
      if (utterance.isSent) continue;
      if (!link || (this.#isSerial && this.#active.some(({ isSent }) => isSent))) return;
      utterance.isSent = true;
      const { asked, tag } = utterance;
      link.send(speechRequest(this.#options.manner, asked, tag));
    }
  }

  /** The server ends cancelled responses; output of one that cannot is ignored. */
  #giveUp(utterance: RealtimeUtterance): void {
    if (!this.#active.includes(utterance) || utterance.isCancelled) return;
    if (!utterance.isSent) {
      this.#remove(utterance);
      return;
    }
    this.#cancel(utterance);
    const gone = () => new BotError('provider.late', true, 'Speech was not cancelled in time.');
    const { cancelMs } = this.#options.lineLimits;
    within(utterance.departed, cancelMs, this.#clock, gone).catch(() => this.retire());
  }

  #cancel(utterance: RealtimeUtterance): void {
    const { responseId, tag } = utterance;
    if (responseId === undefined || utterance.isCancelled) return;
    utterance.isCancelled = true;
    const cancel = { type: 'response.cancel', event_id: `cancel_${tag}`, response_id: responseId };
    this.#link?.send(cancel);
  }

  #remove(utterance: RealtimeUtterance): void {
    const { responseId } = utterance;
    this.#active = this.#active.filter((one) => one !== utterance);
    if (responseId !== undefined) this.#forget(responseId);
    utterance.depart();
    if (this.#isRetired && this.isIdle) this.#close();
    else this.#sendWaiting();
  }

  #forget(responseId: string): void {
    this.#former = [...this.#former, responseId].slice(-mostFormer);
  }

  #lose(error: BotError): void {
    this.#isRetired = true;
    const lost = this.#active;
    this.#active = [];
    for (const utterance of lost) {
      utterance.lose(error);
      this.#remove(utterance);
    }
  }

  /** Reads on as long as a reader waits. */
  #flow(): void {
    const line = this.#isPaused ? fewHereMs : enoughHereMs;
    const sent = this.#active.filter(({ isSent }) => isSent);
    const isWaitedFor = sent.some(
      ({ isOver, hasLeft, hereMs }) => isOver || hasLeft || hereMs < line,
    );
    const shouldPause = sent.length > 0 && !isWaitedFor;
    if (shouldPause === this.#isPaused) return;
    this.#isPaused = shouldPause;
    if (shouldPause) this.#link?.pause();
    else this.#link?.resume();
  }

  get #clock(): Clock {
    return this.#options.clock ?? realClock;
  }
}
