import type { ClientEvent, InitialItem } from 'openai/resources/live/live';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { EventInbox } from '#src/provider/event-inbox.ts';
import {
  type JsonEvent,
  JsonSocket,
  type OpenSocket,
  toSocketUrl,
} from '#src/provider/json-socket.ts';
import { formatServerName } from '#src/provider/models/error-text.ts';
import { type RemoteServer, toApiUrl } from '#src/provider/models/standard-models.ts';
import { createRealtimeError } from '#src/provider/realtime/realtime-faults.ts';
import {
  type AppendKind,
  type LiveEndReason,
  type LiveFact,
  type LiveState,
  newLiveState,
  stepLive,
} from './live-protocol.ts';
import { SoundFeeder } from './sound-feeder.ts';

/** Rate of the sound of a session, in both directions. */
export const liveRateHz = 24_000;

/** Sound of a session, fixed at its start: https://developers.openai.com/api/docs/guides/live */
const soundFormat = { type: 'audio/pcm', rate: liveRateHz } as const;
const startTimeoutMs = 10_000;
/** Additions at once, in characters: each is limited to 500 tokens, and a character may be one. */
export const maxAppendChars = 450;

/** A server with the Live API. In `baseUrl`, `http` and `ws` mean the same. */
export type LiveServer = RemoteServer & {
  readonly voice?: string | undefined;
  readonly openSocket?: OpenSocket;
};

/** Everything that a session is told at its start, and that nothing changes later. */
export type LiveStart = {
  readonly instructions: string;
  /** Voice of the persona. Absent: the server's own choice. */
  readonly voice: string | undefined;
  /** Earlier words of the conversation, oldest first. */
  readonly history: readonly LiveHistoryItem[];
};

/** A message of the conversation before the session. */
export type LiveHistoryItem = {
  readonly role: 'developer' | 'user' | 'assistant';
  readonly text: string;
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
  readonly #feeder: SoundFeeder;
  #socket: JsonSocket | undefined;
  #state = newLiveState;
  #listener: LiveListener | undefined;
  #end: BotError | undefined;
  #expiresAtMs = Infinity;
  #appends = 0;

  private constructor(server: LiveServer, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
    this.#feeder = new SoundFeeder(clock, liveRateHz, (samples) =>
      this.#sendSound(samples),
    );
  }

  /** Opens a session, and waits until its server has started it. Throws BotError `provider.*`. */
  static async open(
    server: LiveServer,
    start: LiveStart,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<LiveSession> {
    const session = new LiveSession(server, clock);
    const { apiKey, baseUrl, openSocket } = server;
    const url = toSocketUrl(toApiUrl(baseUrl), '/live/sessions', {});
    const options = { apiKey, baseUrl, clock, openSocket };
    const inbox = new EventInbox();
    const socket = await JsonSocket.open(url, options, inbox, signal);
    session.#socket = socket;
    try {
      session.#send({ type: 'session.start', session: session.#createStart(start) });
      await session.#awaitStart(inbox, signal);
      session.#listen(socket, inbox);
      return session;
    } catch (error) {
      socket.close();
      throw error;
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

  /** Ms of sound that wait to be sent. */
  get waitingMs(): number {
    return this.#feeder.waitingMs;
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
   * Tells whether an answer is due. The clock of a session is its input, so silence is sent in real time while one is, and
   * nothing otherwise.
   */
  setAnswerDue(isDue: boolean): void {
    this.#feeder.setSilent(isDue && this.isAlive);
  }

  /** Adds words to the running session, at most `maxAppendChars` of them. Returns the id by which an error names them. */
  append(
    kind: AppendKind,
    content: string,
    delegationId: string | null = null,
  ): string {
    const eventId = `append_${++this.#appends}`;
    const type = `session.${kind}.append` as const;
    this.#send({ type, content, delegation_id: delegationId, event_id: eventId });
    return eventId;
  }

  /** Ends the session, at the server too. The listener is not told. A second call does nothing. */
  close(): void {
    if (this.#end) return;
    this.#listener = undefined;
    this.#send({ type: 'session.close' });
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
    const [state, fact] = stepLive(this.#state, event);
    this.#state = state;
    if (!fact) return;
    if (fact.kind === 'started') this.#expiresAtMs = fact.expiresAtMs ?? Infinity;
    const end = this.#findEnd(fact);
    if (end) this.#endSession(end);
    else this.#listener?.onFact(fact);
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

  #createStart({ history, instructions, voice }: LiveStart) {
    return {
      model: this.#server.model,
      instructions,
      audio: {
        format: soundFormat,
        ...(voice !== undefined && { output: { voice } }),
      },
      delegation: { type: 'client', acknowledgement_delay_ms: 800 } as const,
      ...(history.length > 0 && { input: history.map(toInitialItem) }),
    };
  }

  #sendSound({ buffer, byteLength, byteOffset }: Int16Array) {
    const audio = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
    this.#send({ type: 'session.input_audio.append', audio });
  }

  #send(event: ClientEvent) {
    this.#socket?.send({ ...event });
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

/** A server answers a close within a second: `test/fixtures/live`. */
const closingMs = 2_000;

function toInitialItem({ role, text }: LiveHistoryItem): InitialItem {
  return role === 'assistant'
    ? { type: 'message', role, content: [{ type: 'output_text', text }] }
    : { type: 'message', role, content: [{ type: 'input_text', text }] };
}

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
