import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import { formatServerName, toErrorCode } from '#src/provider/models/error-text.ts';
import {
  type TokenUsage,
  toReportedTokens,
} from '#src/provider/models/request-reservation.ts';
import { RealtimeCalls, type RealtimeToolCall } from './realtime-calls.ts';
import {
  type EventTopic,
  findEventRate,
  findEventSound,
  findEventText,
  readEventTopic,
} from './realtime-events.ts';
import {
  createRealtimeError,
  isErrorEvent,
  type RealtimeFault,
  readErrorEvent,
} from './realtime-faults.ts';
import type { RealtimeLink } from './realtime-link.ts';
import type { RealtimeSocketOptions } from './realtime-pool.ts';
import { ResponseProgress } from './realtime-progress.ts';

export type ResponseOptions = Pick<
  RealtimeSocketOptions,
  'baseUrl' | 'apiKey' | 'memory'
> & {
  readonly link: Pick<RealtimeLink, 'attach' | 'setPaused' | 'facts'>;
  /** A rejection of these events ends the response. */
  readonly eventIds: readonly string[];
  /** Returns whether a fault that names no event is about this response. */
  readonly isRefusal?: (fault: RealtimeFault) => boolean;
  /** Takes a fault about another event of ours. */
  readonly onOtherFault?: (fault: RealtimeFault) => void;
  /** The request limits the output, so the limit is a proper end. */
  readonly isLimited?: boolean;
  readonly clock?: Clock;
};

/** A part of a response. */
export type ResponsePart =
  | { readonly kind: 'sound'; readonly bytes: Buffer; readonly rateHz: number }
  /** `transcript` holds the words of the sound. */
  | { readonly kind: 'text' | 'transcript'; readonly text: string }
  | { readonly kind: 'usage'; readonly usage: TokenUsage }
  /** Calls come last, and never after an interruption. */
  | { readonly kind: 'tool'; readonly call: RealtimeToolCall };

const maxUnreadMs = 1000;
/** An error that may be about a request ends it if it does not begin within this time. */
const errorBlameMs = 2000;

/**
 * One response of a server as it arrives, in whatever names and order. A reader who leaves early must close the
 * connection.
 */
export class RealtimeResponse {
  readonly #options: ResponseOptions;
  readonly #parts: ResponsePart[] = [];
  readonly #calls = new RealtimeCalls();
  readonly #progress: ResponseProgress;
  /** Words that came in pieces or whole, which need not come again. */
  #words = '';
  /** Items whose sound came in pieces. */
  readonly #soundedItemIds = new Set<unknown>();
  #responseId: string | undefined;
  #refusal: RealtimeFault | undefined;
  #unreadMs = 0;
  #isPaused = false;
  #change = Promise.withResolvers<void>();
  #end: { readonly error: BotError | undefined } | undefined;

  /** Becomes the listener of the connection. */
  constructor(options: ResponseOptions) {
    this.#options = options;
    const { clock = realClock, memory } = options;
    this.#progress = new ResponseProgress(clock, memory, () => this.#finishParts());
    options.link.attach({
      onEvent: (event) => this.#onEvent(event),
      onLost: (error) => this.#onLost(error),
    });
  }

  /** The fault by which the server refused the request, before any part. */
  get refusal(): RealtimeFault | undefined {
    return this.#refusal;
  }

  /**
   * Yields the parts, once and without a deadline. Throws BotError `provider.*` after partial output, also without
   * a proper end.
   */
  async *read(signal: AbortSignal): AsyncGenerator<ResponsePart> {
    let part = await this.#takePart(signal);
    while (part) {
      yield part;
      part = await this.#takePart(signal);
    }
  }

  #onEvent(event: JsonEvent) {
    if (this.#end) return;
    if (isErrorEvent(event)) this.#handleError(event);
    else {
      const topic = readEventTopic(event.type);
      if (topic && this.#belongsHere(event)) this.#handleEvent(event, topic);
    }
    this.#wakeReader();
  }

  #onLost(error: BotError) {
    if (this.#progress.isComplete) this.#finishParts();
    else this.#endResponse(error);
  }

  #belongsHere({ response, response_id }: JsonEvent) {
    // Events without an id belong to this response.
    const id =
      toNonEmptyText(toRecord(response).id) ??
      toNonEmptyText(response_id) ??
      this.#responseId;
    this.#responseId ??= id;
    return id === this.#responseId;
  }

  #handleEvent(event: JsonEvent, topic: EventTopic) {
    const { stage, subject } = topic;
    switch (subject) {
      case 'audio':
        this.#addSound(event, stage);
        this.#addText({ transcript: event.transcript }, stage, 'transcript');
        break;
      case 'text':
      case 'transcript':
        this.#addText(event, stage, subject);
        break;
      case 'arguments':
        this.#calls.addArguments(event, stage);
        break;
      case 'part':
        if (stage === 'end') this.#addWhole(event, findWordsKind(event.part));
        break;
      case 'item':
        this.#addItem(event.item, stage === 'end');
        break;
      case 'response':
        this.#handleStage(event, stage);
        break;
      case 'other':
        break;
    }
    this.#progress.noteEvent(event, topic);
  }

  #addItem(item: unknown, isWhole: boolean) {
    this.#calls.addItem(item, isWhole);
    if (isWhole) this.#addItemWords(item);
  }

  #handleStage(event: JsonEvent, stage: EventTopic['stage']) {
    if (stage !== 'begin') this.#finishResponse(event, stage === 'failure');
  }

  #addSound(event: JsonEvent, stage: EventTopic['stage']) {
    const { item_id } = event;
    if (stage === 'begin' || (stage === 'end' && this.#soundedItemIds.has(item_id)))
      return;
    const bytes = findEventSound(event);
    if (bytes.length === 0) return;
    this.#soundedItemIds.add(item_id);
    const { outputRateHz, packedOutput } = this.#options.link.facts;
    if (packedOutput !== undefined)
      return this.#endResponse(this.#createPackedError(packedOutput));
    const rateHz = findEventRate(event) ?? outputRateHz;
    this.#countUnread(toMs(bytes.length, rateHz));
    this.#parts.push({ kind: 'sound', bytes, rateHz });
  }

  #addText(event: JsonEvent, stage: EventTopic['stage'], kind: 'text' | 'transcript') {
    if (stage === 'piece') this.#pushText(kind, findEventText(event));
    if (stage === 'end') this.#addWhole(event, kind);
  }

  /** Servers that do not stream the words send them whole at the end, often several times. */
  #addWhole(event: JsonEvent, kind: 'text' | 'transcript') {
    const text = findEventText(event);
    if (!this.#words.includes(text.trim())) this.#pushText(kind, text);
  }

  #addItemWords(item: unknown) {
    const record = toRecord(item);
    if (record.role === 'user' || record.type === 'function_call') return;
    this.#addWhole(record, findWordsKind(record.content));
  }

  #pushText(kind: 'text' | 'transcript', text: string) {
    if (text === '') return;
    this.#words += text;
    this.#parts.push({ kind, text });
  }

  #finishResponse(event: JsonEvent, isFailed: boolean) {
    // Some servers put the fields of the response beside the name of the event.
    const { response = event } = event;
    const fields = toRecord(response);
    this.#options.memory.noteEnd(true);
    const usage = toReportedTokens(fields.usage);
    if (usage) this.#parts.push({ kind: 'usage', usage });
    const items = Array.isArray(fields.output) ? fields.output : [];
    for (const item of items) this.#addItem(item, true);
    const error = findEndError(fields, isFailed, this.#options);
    if (!error) this.#pushCalls();
    this.#endResponse(error);
  }

  /** Ends a response all of whose parts are over, as its server tells no end. */
  #finishParts() {
    if (this.#end) return;
    this.#options.memory.noteEnd(false);
    this.#pushCalls();
    this.#endResponse(undefined);
  }

  #pushCalls() {
    for (const call of this.#calls.listCalls())
      this.#parts.push({ kind: 'tool', call });
  }

  #handleError(event: JsonEvent) {
    const fault = readErrorEvent(event);
    const { eventId } = fault;
    const { clock = realClock, eventIds, isRefusal, onOtherFault } = this.#options;
    const hasBegun = this.#responseId !== undefined;
    // A server that answers by itself has begun before it was asked.
    if (hasBegun && /active_response/.test(fault.code ?? '')) return;
    const isNamed = eventId !== undefined && eventIds.includes(eventId);
    const isRecognised =
      eventId === undefined && !hasBegun && isRefusal?.(fault) === true;
    if (isNamed || isRecognised) return this.#refuse(fault);
    if (eventId !== undefined) return onOtherFault?.(fault);
    if (hasBegun) return;
    clock.later(errorBlameMs, () => {
      if (this.#responseId === undefined) this.#refuse(fault);
    });
  }

  #refuse(fault: RealtimeFault) {
    if (this.#words === '' && this.#soundedItemIds.size === 0) this.#refusal ??= fault;
    this.#endResponse(createRealtimeError(fault, this.#options));
  }

  #createPackedError(encoding: string) {
    const server = formatServerName(this.#options.baseUrl);
    const message = `${server} sends sound as ${toErrorCode(encoding) ?? 'packed'}, not as samples.`;
    return new BotError('provider.wrong_type', false, message);
  }

  #endResponse(error: BotError | undefined) {
    this.#end ??= { error };
    this.#progress.setWatching(false);
    this.#wakeReader();
  }

  #countUnread(ms: number) {
    this.#unreadMs += ms;
    if (this.#unreadMs > maxUnreadMs) this.#setPaused(true);
    else if (this.#unreadMs < maxUnreadMs / 2) this.#setPaused(false);
  }

  #setPaused(isPaused: boolean) {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    this.#progress.setWatching(!isPaused && !this.#end);
    this.#options.link.setPaused(isPaused);
  }

  #wakeReader() {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  async #takePart(signal: AbortSignal) {
    while (this.#parts.length === 0 && !this.#end)
      await waitUnlessAborted(this.#change.promise, signal);
    signal.throwIfAborted();
    const part = this.#parts.shift();
    if (part?.kind === 'sound')
      this.#countUnread(-toMs(part.bytes.length, part.rateHz));
    if (!part && this.#end?.error) throw this.#end.error;
    return part;
  }
}

function toMs(bytes: number, rateHz: number) {
  return (bytes / 2 / rateHz) * 1000;
}

/** Returns `transcript` for a part, or a list of parts, with the words of sound. */
function findWordsKind(parts: unknown) {
  const records = (Array.isArray(parts) ? parts : [parts]).map(toRecord);
  const isSpoken = records.some(
    ({ transcript, type }) => transcript !== undefined || /audio/.test(`${type}`),
  );
  return isSpoken ? 'transcript' : 'text';
}

function findEndError(
  { status, status_details }: JsonEvent,
  isFailed: boolean,
  options: ResponseOptions,
) {
  const { baseUrl, isLimited } = options;
  const { error, reason } = toRecord(status_details);
  const { message = reason, code, type } = toRecord(error);
  const statedCode = toErrorCode(message);
  const isWhole = status === 'completed' || (status === undefined && !isFailed);
  if (isWhole || (isLimited && statedCode === 'max_output_tokens')) return undefined;
  if (status !== 'cancelled' && status !== 'incomplete') {
    const text = toNonEmptyText(message) ?? 'no reason given';
    const statedKind = toNonEmptyText(code) ?? toNonEmptyText(type);
    return createRealtimeError({ message: text, code: statedKind }, options);
  }
  const endReason = statedCode === undefined ? status : `${status}, ${statedCode}`;
  const sentence = `${formatServerName(baseUrl)} ended its answer early (${endReason}).`;
  if (message === 'content_filter')
    return new BotError('provider.refused', false, sentence);
  return new BotError('provider.truncated', true, sentence);
}
