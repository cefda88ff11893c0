import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { EventInbox } from '#src/provider/event-inbox.ts';
import {
  type JsonEvent,
  JsonSocket,
  type OpenSocket,
} from '#src/provider/json-socket.ts';
import { formatServerName } from '#src/provider/models/error-text.ts';
import {
  isGeminiModel,
  type RemoteServer,
} from '#src/provider/models/standard-models.ts';
import { createRealtimeError } from '#src/provider/realtime/realtime-faults.ts';
import { GeminiProtocol } from './gemini-protocol.ts';
import {
  type LiveEndReason,
  type LiveFact,
  type LiveProtocol,
  type LiveResult,
  type LiveStart,
  type LiveState,
  newLiveState,
  stepLive,
  type TurnLimits,
} from './live-protocol.ts';
import { OpenAiProtocol } from './openai-protocol.ts';
import { SoundFeeder } from './sound-feeder.ts';

/** Rate of the sound that a session speaks, which every server has. */
export const liveRateHz = 24_000;

const startTimeoutMs = 10_000;

/** A server with a Live API, that of Google for a model named `gemini`. In `baseUrl`, `http` and `ws` mean the same. */
export type LiveServer = RemoteServer & {
  readonly voice?: string | undefined;
  readonly openSocket?: OpenSocket;
};

/** Most tokens that a model reads, of which some are sound. */
export type ContextTokens = {
  readonly inputTokens: number;
  readonly audioInputTokens: number;
};

/** Takes what a session tells. Neither method may throw. */
export type LiveListener = {
  onFact(fact: LiveFact): void;
  /** Called once. No fact follows. */
  onOver(error: BotError): void;
};

/** One session of a Live model, from its start to its end. */
export class LiveSession {
  readonly #server: LiveServer;
  readonly #clock: Clock;
  readonly #protocol: LiveProtocol;
  readonly #feeder: SoundFeeder;
  #socket: JsonSocket | undefined;
  #state = newLiveState;
  #listener: LiveListener | undefined;
  #end: BotError | undefined;
  #expiresAtMs = Infinity;
  readonly #context = new SessionContext();

  private constructor(server: LiveServer, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
    this.#protocol = createProtocol(server);
    const { inputRateHz } = this.#protocol;
    this.#feeder = new SoundFeeder(clock, inputRateHz, (samples) => {
      this.#context.addHeard((1000 * samples.length) / inputRateHz);
      for (const event of this.#protocol.createSound(samples))
        this.#socket?.send(event);
    });
  }

  /** Opens a session, and waits until its server has started it. Throws BotError `provider.*`. */
  static async open(
    server: LiveServer,
    start: LiveStart,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<LiveSession> {
    const session = new LiveSession(server, clock);
    const protocol = session.#protocol;
    const { apiKey, baseUrl, openSocket } = server;
    const { isKeyInUrl } = protocol;
    const options = { apiKey, baseUrl, clock, isKeyInUrl, openSocket };
    const inbox = new EventInbox();
    const url = protocol.toUrl(server);
    const socket = await JsonSocket.open(url, options, inbox, signal);
    session.#socket = socket;
    try {
      session.#send([protocol.createStart(server, start)]);
      await session.#awaitStart(inbox, signal);
      session.#send(protocol.createHistory(start));
      session.#listen(socket, inbox);
      return session;
    } catch (error) {
      socket.close();
      throw session.#describeRefusal(error);
    }
  }

  /** Whether the session has neither ended nor been closed. */
  get isAlive(): boolean {
    return this.#end === undefined && this.#state.phase === 'open';
  }

  /** Why the session ended or was closed. Undefined before that. */
  get end(): BotError | undefined {
    return this.#end;
  }

  /** Everything that the server has told. */
  get state(): LiveState {
    return this.#state;
  }

  /** Wall time at which the server ends the session, in ms. Infinity if it told none. */
  get expiresAtMs(): number {
    return this.#expiresAtMs;
  }

  /** Rate of the sound that the session hears. */
  get inputRateHz(): number {
    return this.#protocol.inputRateHz;
  }

  /** Most characters of a piece of a result. */
  get maxResultChars(): number {
    return this.#protocol.maxResultChars;
  }

  /** Ms of sound that wait to be sent. */
  get waitingMs(): number {
    return this.#feeder.waitingMs;
  }

  /**
   * Begins a turn of the model, and returns the most tokens that it reads in that, `resultChars` of a result included: those
   * that its server counted, and all that was sent and said since. Zero where the server charges no turns.
   */
  beginTurn(resultChars: number): ContextTokens {
    const { turnLimits } = this.#protocol;
    if (!turnLimits) return { inputTokens: 0, audioInputTokens: 0 };
    return this.#context.beginTurn(turnLimits, this.waitingMs, resultChars);
  }

  /** Sets the only listener. An end that happened before is reported at once. */
  attach(listener: LiveListener): void {
    this.#listener = listener;
    if (this.#end) listener.onOver(this.#end);
  }

  /** Sends mono samples at the rate of the session, as they come and never faster than 1.2 times their pace. */
  feed(samples: Int16Array): void {
    if (this.isAlive) this.#feeder.push(samples);
  }

  /** Drops sound that was not sent yet. */
  dropWaiting(): void {
    this.#feeder.dropWaiting();
  }

  /**
   * Tells whether an answer is due. Where the clock of a session is its input, silence is sent in real time while one is, and
   * nothing otherwise. Elsewhere the question ends once all its sound has left.
   */
  setAnswerDue(isDue: boolean): void {
    const isAwaited = isDue && this.isAlive;
    if (this.#protocol.hearsSilence) this.#feeder.setSilent(isAwaited);
    else
      this.#feeder.onceSent(
        isAwaited ? () => this.#send(this.#protocol.createQuestionEnd()) : undefined,
      );
  }

  /** Adds words for the model to know. Returns the id by which an error names them. */
  append(kind: 'instructions' | 'thinking', text: string): string {
    const { events, id } = this.#protocol.createAppend(kind, text);
    this.#send(events);
    return id;
  }

  /** Gives a piece of a result for the model to say, at most `maxResultChars` of it. Returns the id by which an error names it. */
  giveResult(result: LiveResult): string {
    const { events, facts = [], id } = this.#protocol.createResult(result);
    this.#send(events);
    for (const fact of facts) this.#listener?.onFact(fact);
    return id;
  }

  /** Ends the session, at the server too. The listener is not told. A second call does nothing. */
  close(): void {
    if (this.#end) return;
    this.#listener = undefined;
    const events = this.#protocol.createClose();
    this.#send(events);
    if (events.length === 0) this.#socket?.close();
    const closed = new BotError('provider.truncated', false, 'The session is closed.');
    this.#endSession(closed);
  }

  /** Reads events until the server has started the session. Throws the error that it gives in place of that. */
  async #awaitStart(inbox: EventInbox, signal: AbortSignal) {
    const hasAnswered = (event: JsonEvent) => {
      this.#onEvent(event);
      return this.#state.phase !== 'opening' || this.#end !== undefined;
    };
    const wait = { clock: this.#clock, ms: startTimeoutMs };
    const answer = await inbox.takeEvent(hasAnswered, wait, signal);
    if (!answer) throw this.#createLateError();
    if (this.#end) throw this.#end;
  }

  #listen(socket: JsonSocket, inbox: EventInbox) {
    for (const event of inbox.takeRest()) this.#onEvent(event);
    socket.attach({
      onEvent: (event) => this.#onEvent(event),
      onLost: (error) => this.#endSession(error),
    });
  }

  #onEvent(event: JsonEvent) {
    const [state, facts] = stepLive(this.#state, event, this.#protocol);
    this.#state = state;
    for (const fact of facts) {
      if (this.#end) return;
      this.#context.noteFact(fact);
      this.#noteExpiry(fact);
      const end = this.#findEnd(fact);
      if (end) this.#endSession(end);
      else this.#listener?.onFact(fact);
    }
  }

  #noteExpiry(fact: LiveFact) {
    if (fact.kind === 'started') this.#expiresAtMs = fact.expiresAtMs ?? Infinity;
    if (fact.kind === 'ends soon') this.#expiresAtMs = this.#clock.wallMs() + fact.inMs;
  }

  /** An error before the start, or one about money or the key, is an end of which no `closed` may follow. */
  #findEnd(fact: LiveFact) {
    if (fact.kind === 'closed') return createEndError(fact.reason, this.#server);
    if (fact.kind !== 'refused') return undefined;
    const error = createRealtimeError(fact.fault, this.#server);
    const isFatal =
      error.code === 'provider.spent' || error.code === 'provider.bad_key';
    return isFatal || this.#state.phase === 'opening' ? error : undefined;
  }

  #endSession(error: BotError) {
    if (this.#end) return;
    this.#end = error;
    this.#feeder.stop();
    this.#listener?.onOver(error);
    // The close event leaves before the connection does.
    this.#clock.later(closingMs, () => this.#socket?.close());
  }

  #send(events: readonly JsonEvent[]) {
    for (const event of events) {
      this.#context.addText(event);
      this.#socket?.send(event);
    }
  }

  /** Some servers tell by the end of the connection why they start no session. */
  #describeRefusal(error: unknown) {
    const fault =
      error instanceof BotError ? this.#protocol.findLossFault(error) : undefined;
    return fault ? createRealtimeError(fault, this.#server) : error;
  }

  #createLateError() {
    const name = formatServerName(this.#server.baseUrl);
    return new BotError(
      'provider.late',
      true,
      `${name} did not start a session in time.`,
    );
  }
}

function createProtocol({ model }: RemoteServer): LiveProtocol {
  return isGeminiModel(model) ? new GeminiProtocol() : new OpenAiProtocol();
}

/** Finds the limits of the turns that a server charges. Undefined where it charges time. */
export function findTurnLimits(server: RemoteServer): TurnLimits | undefined {
  return createProtocol(server).turnLimits;
}

/** Sound that a resampler and a speaker who goes on may still add, and bytes of a character, at most. */
const [maxLateMs, maxCharBytes] = [1_000, 4];

/** Bounds the tokens of a session. A token of text has at least a byte. */
class SessionContext {
  #counted: ContextTokens = { inputTokens: 0, audioInputTokens: 0 };
  /** Sent since the last turn that was counted. */
  #sentBytes = 0;
  #heardMs = 0;
  #spokenMs = 0;
  /** Part of what was sent that the newest turn reads. */
  #read = { bytes: 0, heardMs: 0 };

  /** Counts an event without sound. */
  addText(event: JsonEvent): void {
    this.#sentBytes += Buffer.byteLength(JSON.stringify(event));
  }

  /** Counts sound that was sent. */
  addHeard(ms: number): void {
    this.#heardMs += ms;
  }

  /** Counts sound of the model, and takes over the count of the server. */
  noteFact(fact: LiveFact): void {
    if (fact.kind === 'sound')
      this.#spokenMs += (1000 * fact.bytes.length) / 2 / liveRateHz;
    if (fact.kind !== 'used' || !fact.turn) return;
    const {
      inputTokens,
      audioInputTokens = 0,
      outputTokens,
      audioOutputTokens = 0,
    } = fact.turn;
    this.#counted = {
      inputTokens: inputTokens + outputTokens,
      audioInputTokens: audioInputTokens + audioOutputTokens,
    };
    this.#sentBytes -= this.#read.bytes;
    this.#heardMs -= this.#read.heardMs;
    this.#read = { bytes: 0, heardMs: 0 };
    this.#spokenMs = 0;
  }

  /** Returns the most tokens that the next turn reads. */
  beginTurn(
    { tokensPerSecond }: TurnLimits,
    waitingMs: number,
    resultChars: number,
  ): ContextTokens {
    this.#read = { bytes: this.#sentBytes, heardMs: this.#heardMs };
    const soundMs = this.#heardMs + waitingMs + maxLateMs + this.#spokenMs;
    const soundTokens = Math.ceil((soundMs / 1000) * tokensPerSecond);
    const textTokens = this.#sentBytes + maxCharBytes * resultChars;
    return {
      inputTokens: this.#counted.inputTokens + textTokens + soundTokens,
      audioInputTokens: this.#counted.audioInputTokens + soundTokens,
    };
  }
}

/** A server answers a close within a second: `test/fixtures/live`. */
const closingMs = 2_000;

/** Names each end of a session by one code and one sentence. */
function createEndError(reason: LiveEndReason, { baseUrl }: LiveServer) {
  const sentence = `${formatServerName(baseUrl)} ended the session: ${endSentences[reason]}.`;
  if (reason === 'content') {
    const about = { isContentRefusal: true } as const;
    return new BotError(
      'provider.refused',
      false,
      sentence,
      undefined,
      undefined,
      about,
    );
  }
  return new BotError('provider.truncated', true, sentence);
}

const endSentences: Readonly<Record<LiveEndReason, string>> = {
  close_requested: 'it was asked to',
  expired: 'its time is over',
  content: 'its moderation refused the talk',
  remote_hangup: 'it hung up',
  connection_lost: 'it lost the connection to its model',
  unknown: 'it gave no known reason',
};
