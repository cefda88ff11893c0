import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { addFailureStage, BotError } from '#src/base/errors.ts';
import type {
  ChatMessage,
  ChatModel,
  ChatPart,
  Tool,
  ToolCall,
} from '#src/chat/chat-model.ts';
import { RealtimeWords } from '#src/chat/realtime/realtime-words.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import {
  type LiveServer,
  type LiveSession,
  liveRateHz,
} from '#src/provider/live/live-session.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import { createRealtimeError } from '#src/provider/realtime/realtime-faults.ts';
import type { TalkRequest } from './live-history.ts';
import { createLostWorkError, type LiveTalk, type TalkFact } from './live-talk.ts';
import { OutputGate } from './output-gate.ts';

/** Objects that an answer needs. */
export type LiveAnswerDeps = {
  readonly talk: LiveTalk;
  readonly clock: Clock;
  readonly by: ServedBy;
  readonly server: LiveServer;
  /** Chat model that does what the live model hands over. It reads sound as words. */
  readonly worker: ChatModel;
  /** Creates the request for a session that knows these messages. */
  readonly toRequest: (
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    voice: string | undefined,
  ) => TalkRequest;
};

/** Longest wait for the first speech, or for the next, after all sound was sent. */
const maxWaitMs = 8_000;
/** Silence that ends a reply. */
const endSilenceMs = 700;
/** Silence that ends a reply of which a result was not spoken to its end. */
const resultSilenceMs = 2_500;

/** Work that the model has handed over. */
type Work = {
  readonly delegationId: string;
  /** Result that the model was given. Undefined while the work goes on. */
  result?: string;
  isPlaced: boolean;
  spoken: string;
};

type AnswerEvent =
  | TalkFact
  | { readonly kind: 'late' }
  /** So long after its last words the model has said nothing of a result that it was given. */
  | { readonly kind: 'quiet' }
  | {
      readonly kind: 'worked';
      readonly text: string;
      readonly calls: readonly ToolCall[];
    }
  | { readonly kind: 'work failed'; readonly error: unknown };

/** One answer of a session, in as many rounds as the tools of its work need. */
export class LiveAnswer {
  readonly #deps: LiveAnswerDeps;
  readonly #ownEvents: AnswerEvent[] = [];
  /** Ids of the additions that hold the result. */
  readonly #resultIds = new Set<string>();
  #session: LiveSession | undefined;
  #log: LiveTalk['log'] | undefined;
  #read = 0;
  #wake = Promise.withResolvers<void>();
  #gate = new OutputGate();
  #work: Work | undefined;
  #cancelDeadline: (() => void) | undefined;
  #isOver = false;

  constructor(deps: LiveAnswerDeps, signal: AbortSignal) {
    this.#deps = deps;
    signal.addEventListener('abort', () => this.#endAnswer(false), { once: true });
  }

  /** Yields the parts of one round. Throws BotError `provider.*` and `budget.used`. */
  async *reply(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    voice: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    let hasCalls = false;
    try {
      // The session pays for its time by itself, so a request costs nothing.
      const usage = { inputTokens: 0, outputTokens: 0, by: this.#deps.by };
      yield { kind: 'usage', usage };
      await this.#beginRound(messages, tools, voice, signal);
      const words = new RealtimeWords(messages, tools);
      for (let isWhole = false; !isWhole; ) {
        const event = await this.#takeEvent(signal);
        if (event.kind === 'worked') {
          hasCalls = event.calls.length > 0;
          this.#giveResult(event.text, hasCalls);
          for (const call of event.calls) yield { kind: 'tool', call };
        } else {
          yield* this.#passEvent(event, words, { messages, tools }, signal);
        }
        isWhole = hasCalls || this.#isComplete();
      }
      yield* words.end();
      if (!hasCalls) this.#endAnswer(true);
    } finally {
      if (!hasCalls) this.#endAnswer(false);
    }
  }

  async #beginRound(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    voice: string | undefined,
    signal: AbortSignal,
  ) {
    const { talk, toRequest } = this.#deps;
    if (this.#isOver) this.#beginAnew();
    if (this.#work) {
      // An end that came meanwhile is told before the chat model is asked for a result that nobody says.
      if (!this.#session?.isAlive) throw this.#session?.end ?? createLostWorkError();
      void this.#runWork(messages, tools, signal);
      return;
    }
    if (!isUnheard(messages)) throw createLostWorkError();
    const request = toRequest(messages, tools, voice);
    await talk.takeFloor(this, request, signal);
    this.#session = await talk.prepare(request, signal);
    talk.sendQuestion(this.#session, request);
    await talk.payTurn(this.#session, 0, signal);
    talk.askAnswer(this.#session, request);
    this.#awaitSpeech(this.#session.waitingMs);
  }

  /** A failed answer may be asked for once more, which is another answer. */
  #beginAnew() {
    this.#isOver = false;
    this.#gate = new OutputGate();
    this.#work = undefined;
    this.#log = undefined;
    this.#ownEvents.length = 0;
    this.#resultIds.clear();
  }

  *#passEvent(
    event: Exclude<AnswerEvent, { kind: 'worked' }>,
    words: RealtimeWords,
    request: {
      readonly messages: readonly ChatMessage[];
      readonly tools: readonly Tool[];
    },
    signal: AbortSignal,
  ): Generator<ChatPart> {
    switch (event.kind) {
      case 'sound':
        for (const bytes of this.#gate.push(event.bytes)) {
          this.#awaitSpeech(0);
          yield* words.addPart({ kind: 'sound', bytes, rateHz: liveRateHz });
        }
        return;
      case 'spoke':
        this.#deps.talk.noteSpoken(event.text);
        this.#gate.noteWords();
        if (this.#work?.result !== undefined) this.#work.spoken += event.text;
        yield* words.addPart({ kind: 'transcript', text: event.text });
        return;
      case 'silent':
        this.#onSilent();
        return;
      case 'quiet':
        if (this.#gate.quietMs >= endSilenceMs) this.#gate.noteSilence(resultSilenceMs);
        return;
      case 'delegated':
        // A later wish takes the place of an earlier one.
        this.#work = { delegationId: event.id, isPlaced: false, spoken: '' };
        void this.#runWork(request.messages, request.tools, signal);
        return;
      case 'placed':
        if (event.append === 'commentary' && this.#work) this.#work.isPlaced = true;
        return;
      case 'refused':
        if (this.#isAboutAnswer(event.fault.eventId)) throw this.#toError(event);
        return;
      case 'over':
      case 'late':
      case 'work failed':
        throw this.#toError(event);
    }
  }

  /** A model that says no more sends no silence either. One that was asked and says nothing at all gave no answer. */
  #onSilent() {
    if (!this.#gate.hasBegun && !this.#work) throw this.#toError({ kind: 'late' });
    this.#gate.noteSilence(endSilenceMs);
    this.#deps.clock.later(resultSilenceMs, () => this.#addOwnEvent({ kind: 'quiet' }));
  }

  /** A refusal of words that are no result changes nothing. */
  #isAboutAnswer(eventId: string | undefined) {
    return eventId === undefined || this.#resultIds.has(eventId);
  }

  #toError(
    event: Extract<AnswerEvent, { kind: 'refused' | 'over' | 'late' | 'work failed' }>,
  ) {
    switch (event.kind) {
      case 'over':
        return event.error;
      case 'work failed':
        return addFailureStage('think', event.error);
      case 'refused':
        return createRealtimeError(event.fault, this.#deps.server);
      case 'late':
        return new BotError(
          'provider.late',
          true,
          this.#work?.result === undefined
            ? 'The live session did not answer in time.'
            : 'The live session did not say a result in time.',
        );
    }
  }

  /** Asks the chat model for what was handed over, by the words of the bot's own recogniser. */
  async #runWork(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
  ) {
    this.#cancelDeadline?.();
    const work = this.#work;
    const calls: ToolCall[] = [];
    let text = '';
    try {
      for await (const part of this.#deps.worker.reply(messages, tools, signal)) {
        if (part.kind === 'text') text += part.text;
        if (part.kind === 'tool') calls.push(part.call);
      }
      await this.#payResult(text, calls, signal);
      if (this.#work === work) this.#addOwnEvent({ kind: 'worked', text, calls });
    } catch (error) {
      if (this.#work === work && !signal.aborted)
        this.#addOwnEvent({ kind: 'work failed', error });
    }
  }

  /** The model takes another turn to say a result. Throws BotError `budget.used`. */
  async #payResult(text: string, calls: readonly ToolCall[], signal: AbortSignal) {
    const isSaid = text.trim() !== '' || calls.length === 0;
    if (this.#session && isSaid)
      await this.#deps.talk.payTurn(this.#session, text.length, signal);
  }

  /** Gives the model words to say. Those before a call are said while the call runs. */
  #giveResult(text: string, isUnfinished: boolean) {
    const work = this.#work;
    if (!work || !this.#session) return;
    const result = text.trim() === '' && !isUnfinished ? doneNotice : text;
    const { delegationId } = work;
    const session = this.#session;
    const pieces = cutPieces(result, session.maxResultChars);
    const given = { session, delegationId, pieces, isLast: !isUnfinished };
    for (const id of this.#deps.talk.giveResult(this, given)) this.#resultIds.add(id);
    if (isUnfinished) return;
    work.result = result;
    this.#awaitSpeech(0);
  }

  #isComplete() {
    const { hasBegun, quietMs } = this.#gate;
    const work = this.#work;
    if (!hasBegun) return false;
    if (!work) return quietMs >= endSilenceMs;
    if (work.result === undefined || !work.isPlaced || work.spoken === '') return false;
    return (
      quietMs >= (isSaid(work.result, work.spoken) ? endSilenceMs : resultSilenceMs)
    );
  }

  async #takeEvent(signal: AbortSignal): Promise<AnswerEvent> {
    const { talk } = this.#deps;
    for (;;) {
      const { log } = talk;
      if (this.#log !== log) this.#beginLog(log);
      signal.throwIfAborted();
      const fact = log.findFact(this.#read);
      if (fact) {
        this.#read++;
        return fact;
      }
      const own = this.#ownEvents.shift();
      if (own) return own;
      await waitUnlessAborted(
        Promise.race([talk.waitForFact(signal), this.#wake.promise]),
        signal,
      );
    }
  }

  /** Facts of a session that was not asked belong to another answer. */
  #beginLog(log: LiveTalk['log']) {
    if (log.session !== this.#session) throw createLostWorkError();
    this.#log = log;
    this.#read = 0;
  }

  #addOwnEvent(event: AnswerEvent) {
    this.#ownEvents.push(event);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  /** Ends the answer if nothing is spoken in time. Work has the deadline of the chat model. */
  #awaitSpeech(afterMs: number) {
    this.#cancelDeadline?.();
    if (this.#isOver || (this.#work && this.#work.result === undefined)) return;
    this.#cancelDeadline = this.#deps.clock.later(afterMs + maxWaitMs, () =>
      this.#addOwnEvent({ kind: 'late' }),
    );
  }

  #endAnswer(isWhole: boolean) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelDeadline?.();
    const { talk } = this.#deps;
    if (this.#session) talk.endAnswer(this, isWhole);
    else talk.leaveFloor(this);
    this.#session = undefined;
  }
}

/** Whether sound is asked about that no session has handed over work of: calls after it were made by an earlier answer. */
function isUnheard(messages: readonly ChatMessage[]) {
  const at = messages.findIndex((message) => 'wav' in message);
  const later = messages.slice(at + 1);
  return at >= 0 && later.every((message) => !('calls' in message) || message.isRetold);
}

/** The model says a result in words of its own, and may still end the sentence before it. */
function isSaid(result: string, spoken: string) {
  const [wanted, said] = [listWords(result), new Set(listWords(spoken))];
  return 2 * wanted.filter((word) => said.has(word)).length >= wanted.length;
}

function listWords(text: string) {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Said where the work brought no words. */
const doneNotice = 'It is done.';

/** Cuts a text at its clauses into pieces that one addition takes. */
function cutPieces(text: string, maxChars: number): readonly string[] {
  const pieces: string[] = [];
  for (const clause of splitClauses(text)) {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + clause.length < maxChars)
      pieces[pieces.length - 1] = `${last} ${clause}`;
    else
      for (let at = 0; at < clause.length; at += maxChars)
        pieces.push(clause.slice(at, at + maxChars));
  }
  return pieces;
}
