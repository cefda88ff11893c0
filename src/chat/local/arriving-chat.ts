import { BotError, getErrorMessage } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, PromptBeginning } from '#src/chat/chat-model.ts';
import type { LocalChat } from './local-chat.ts';
import type { LocalModelState } from './local-model-state.ts';

export type ArrivingChatOptions = {
  /** Fetches what is missing, and opens the model. Throws BotError with one sentence. */
  readonly prepare: (
    onState: (state: LocalModelState) => void,
    signal: AbortSignal,
  ) => Promise<LocalChat>;
  /** Answers people until the model is there. Absent where another server takes over. */
  readonly standIn: ChatModel | undefined;
  /** Takes each step of about 5 % on the way, and the end. Never throws. */
  readonly onState: ((state: LocalModelState) => void) | undefined;
};

/** More often would fill a log. */
const toldShare = 0.05;

/**
 * A chat model that may still be on its way: no start and no talk waits for it. Until it is there a stand-in answers people, or
 * another server takes over. A model that cannot be fetched leaves one sentence, and the same engine goes on.
 */
export class ArrivingChat implements AsyncDisposable {
  readonly #options: ArrivingChatOptions;
  readonly #closing = new AbortController();
  readonly #arrival: Promise<void>;
  #state: LocalModelState = { kind: 'installing' };
  #toldShare: number | undefined;
  #chat: LocalChat | undefined;

  constructor(options: ArrivingChatOptions) {
    this.#options = options;
    this.#arrival = this.#prepare();
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

  /** Resolves once the model is there. Throws the BotError of one that cannot come. */
  async waitForArrival(): Promise<void> {
    await this.#arrival;
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

  async #prepare() {
    try {
      this.#chat = await this.#options.prepare(
        (state) => this.#note(state),
        this.#closing.signal,
      );
      this.#note(this.state);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#note({ kind: 'failed', why: getErrorMessage(error) });
    }
  }

  #note(state: LocalModelState) {
    this.#state = state;
    if (state.kind === 'fetching') {
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

function describeWait(state: LocalModelState) {
  if (state.kind === 'stopped') return 'The chat model of this machine was stopped.';
  if (state.kind === 'failed') return `The chat model of this machine: ${state.why}`;
  if (state.kind !== 'fetching')
    return 'The chat model of this machine is being installed.';
  const percent = Math.floor((100 * state.doneBytes) / state.bytes);
  return `The chat model of this machine is being fetched: ${percent} %.`;
}
