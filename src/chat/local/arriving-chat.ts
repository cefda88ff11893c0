import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, PromptBeginning } from '#src/chat/chat-model.ts';
import type { LocalChat } from './local-chat.ts';
import type { LocalModelState } from './local-model-state.ts';

export type ArrivingChatOptions = {
  /** Fetches what is missing, and begins to load the model. Throws BotError with one sentence. */
  readonly prepare: (
    onState: (state: LocalModelState) => void,
    signal: AbortSignal,
  ) => Promise<LocalChat>;
  /** Answers people until the model is there. Absent where another server takes over. */
  readonly standIn: ChatModel | undefined;
  /** Takes each step of about 5 % on the way, and the end. Never throws. */
  readonly onState: ((state: LocalModelState) => void) | undefined;
  readonly clock?: Clock;
};

/** More often would fill a log. */
const toldShare = 0.05;
/** A lost network comes back, and a server with it. Each wait is twice as long as the one before. */
const [firstWaitMs, maxWaitMs] = [60_000, 3_600_000];

/**
 * A chat model that may still be on its way: no start and no talk waits for it. Until it is there a stand-in answers people, or
 * another server takes over. A model that cannot be fetched leaves one sentence, and the same engine goes on. Where time may mend what
 * was in the way, the fetch goes on later.
 */
export class ArrivingChat implements AsyncDisposable {
  readonly #options: ArrivingChatOptions;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  /** Resolves once the model begins to load, or could not be made ready. */
  readonly #begun = Promise.withResolvers<void>();
  /** Resolves once the model is loaded, or could not be made ready. */
  readonly #tried = Promise.withResolvers<void>();
  readonly #arrival: Promise<void>;
  #state: LocalModelState = { kind: 'installing' };
  #toldShare: number | undefined;
  #chat: LocalChat | undefined;

  constructor(options: ArrivingChatOptions) {
    const { clock = realClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#arrival = this.#arrive();
  }

  /** The model. Before it is there, it throws BotError `provider.loading` for all work but that of a stand-in. */
  readonly model: ChatModel = {
    reply: (messages, ...rest) => this.#chooseModel(messages).reply(messages, ...rest),
    prepare: (create) => this.#prepareTalk(create),
    canTakePictures: () => false,
  };

  /** How far the model is now. */
  get state(): LocalModelState {
    return this.#chat ? { kind: 'running', ...this.#chat.speed } : this.#state;
  }

  /** Forgets the words of all talks. Never throws. */
  forgetTalks(): void {
    this.#chat?.forgetTalks();
  }

  /** Resolves once the model is there, and begins to load. Throws the BotError of one that cannot come. */
  async waitForArrival(): Promise<void> {
    await this.#begun.promise;
    this.#throwIfFailed();
  }

  /** Resolves once the model is loaded. Throws the BotError of one that cannot be. */
  async waitUntilLoaded(): Promise<void> {
    await this.#tried.promise;
    this.#throwIfFailed();
  }

  #throwIfFailed() {
    if (this.#state.kind === 'failed')
      throw new BotError('speech.failed', false, this.#state.why);
  }

  /** Stops the fetch, or ends the model, for the rest of this run: whoever took over before it came answers. */
  async stop(): Promise<void> {
    await this.#close();
    this.#note({ kind: 'stopped' });
  }

  /** Stops the fetch, which the next start goes on with, and ends the model. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #close() {
    this.#closing.abort(new Error('the chat model is closed'));
    await this.#arrival;
    // It has arrived already, else nothing is left of it.
    const chat = this.#chat;
    this.#chat = undefined;
    await chat?.[Symbol.asyncDispose]();
  }

  #prepareTalk(create: () => PromptBeginning) {
    if (this.#chat) return this.#chat.model.prepare?.(create);
    const { kind } = this.#state;
    if (kind === 'failed' || kind === 'stopped') return;
    // A talk may begin before its model is there.
    const beginning = create();
    void this.#arrival.then(() => this.#chat?.model.prepare?.(() => beginning));
  }

  /** Tries until the model is there, or time will not mend what is in the way. Never rejects. */
  async #arrive() {
    const { signal } = this.#closing;
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, maxWaitMs)) {
      const error = await this.#tryOnce();
      const isMendable = error instanceof BotError && error.retryable;
      if (error !== undefined && !signal.aborted)
        this.#note({ kind: 'failed', why: describeFailure(error, isMendable, waitMs) });
      this.#begun.resolve();
      this.#tried.resolve();
      if (!isMendable || signal.aborted) return;
      await this.#clock.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  /** Returns the error of a model that cannot be made ready. Questions wait while it is loaded. */
  async #tryOnce(): Promise<unknown> {
    const { signal } = this.#closing;
    let chat: LocalChat | undefined;
    try {
      chat = await this.#options.prepare((state) => this.#note(state), signal);
      this.#chat = chat;
      this.#begun.resolve();
      await chat.waitUntilLoaded(signal);
      this.#note(this.state);
      return undefined;
    } catch (error) {
      this.#chat = undefined;
      await chat?.[Symbol.asyncDispose]();
      return error;
    }
  }

  #note(state: LocalModelState) {
    this.#state = state;
    if (state.kind !== 'fetching') this.#toldShare = undefined;
    else {
      const share = state.doneBytes / state.bytes;
      if (this.#toldShare !== undefined && share < this.#toldShare + toldShare) return;
      this.#toldShare = share;
    }
    this.#options.onState?.(state);
  }

  #chooseModel(messages: readonly ChatMessage[]): ChatModel {
    if (this.#chat) return this.#chat.model;
    const { standIn } = this.#options;
    if (standIn && isOfPerson(messages)) return standIn;
    throw new BotError('provider.loading', true, describeWait(this.#state));
  }
}

/** A stand-in answers people. What programs and the bot itself ask for, it cannot do. */
function isOfPerson(messages: readonly ChatMessage[]) {
  const newest = messages.findLast(({ role }) => role === 'user');
  return newest !== undefined && 'name' in newest && newest.name !== '';
}

function describeFailure(error: unknown, isMendable: boolean, waitMs: number) {
  const sentence = getErrorMessage(error);
  return isMendable
    ? `${sentence} It is tried again in ${waitMs / 60_000} min.`
    : sentence;
}

function describeWait(state: LocalModelState) {
  if (state.kind === 'stopped') return 'The chat model of this machine was stopped.';
  if (state.kind === 'failed') return `The chat model of this machine: ${state.why}`;
  if (state.kind !== 'fetching')
    return 'The chat model of this machine is being installed.';
  const percent = Math.floor((100 * state.doneBytes) / state.bytes);
  return `The chat model of this machine is being fetched: ${percent} %.`;
}
