import { readWav } from '#src/audio/formats/wav.ts';
import type { LiveSound } from '#src/audio/live-sound.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { Resampler, resamplePcm } from '#src/audio/resampler.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, SpokenChatMessage } from '#src/chat/chat-model.ts';
import { toPlainName } from '#src/chat/completions/chat-request.ts';
import type { LiveFact } from '#src/provider/live/live-protocol.ts';
import {
  findTurnLimits,
  type LiveServer,
  LiveSession,
} from '#src/provider/live/live-session.ts';
import { describeServer } from '#src/provider/models/standard-models.ts';
import {
  createLiveStart,
  findMissingRule,
  isContinued,
  type TalkRequest,
} from './live-history.ts';
import { LiveMinutes, type LivePayment, LiveTurns } from './live-payment.ts';

/** A server, and how long a session outlives the last word. */
export type LiveTalkOptions = {
  readonly server: LiveServer;
  readonly clock: Clock;
  /** A session ends after so many ms in which nothing is asked or answered. */
  readonly maxSilenceMs: number;
};

/** A fact of the running session, or its end. */
export type TalkFact = LiveFact | { readonly kind: 'over'; readonly error: BotError };

/** The result of work that a session has handed over, in pieces that one addition takes. */
export type WorkResult = {
  readonly session: LiveSession;
  readonly delegationId: string;
  readonly pieces: readonly string[];
  /** False if more of the result follows. */
  readonly isLast: boolean;
};

type SessionAnswer = { readonly sound: LiveSound | undefined; text: string };

/** A session is left before its context is full, or its server ends it. */
const maxContextShare = 0.85;
const minLeftMs = 60_000;
/** Longest wait for somebody who speaks or is answered. */
const maxFloorWaitMs = 15_000;
/** Facts that are kept for an answer that is asked for later, or reads slower than they come: minutes of sound. */
const maxKeptFacts = 8_000;

/** Facts of one session by their number, the newest of which are kept. */
class FactLog {
  /** The session that the facts are of. */
  readonly session: LiveSession | undefined;
  readonly #facts: TalkFact[] = [];
  #dropped = 0;

  constructor(session: LiveSession | undefined) {
    this.session = session;
  }

  /** Adds a fact. */
  addFact(fact: TalkFact): void {
    this.#facts.push(fact);
    if (this.#facts.length <= maxKeptFacts) return;
    this.#facts.shift();
    this.#dropped++;
  }

  /** Finds a fact by its number, from 0 on. Undefined before it comes. */
  findFact(number: number): TalkFact | undefined {
    return this.#facts[Math.max(0, number - this.#dropped)];
  }
}

/**
 * The talk of one voice channel with a live model: one session at a time, which is opened by the first words that are for the
 * bot and ends after a silence, a no, or an answer that was not heard whole. The next words then open another one, which is
 * told what was heard.
 */
export class LiveTalk implements Disposable {
  readonly #options: LiveTalkOptions;
  #session: LiveSession | undefined;
  #request: TalkRequest | undefined;
  #payment: LivePayment | undefined;
  #opening: Promise<LiveSession> | undefined;
  #cancelClosing: (() => void) | undefined;
  #log = new FactLog(undefined);
  #change = Promise.withResolvers<void>();
  /** Answers of this session, oldest first, each to the sound that asked for it. */
  #answers: SessionAnswer[] = [];
  #speaker: string | undefined;
  /** The sound that was passed on last, until it is answered. */
  #passing: { readonly sound: LiveSound; readonly speaker: string } | undefined;
  #rule = '';
  /** The answer that has the floor. */
  #answering: object | undefined;
  /** The answer whose result the session was given, and says to nobody else. */
  #resultOwner: object | undefined;
  #usedAtMs = 0;
  readonly #fed = new WeakMap<LiveSound, LiveSession>();
  readonly #answered = new WeakSet<LiveSound>();

  constructor(options: LiveTalkOptions) {
    this.#options = options;
  }

  /** Whether a session runs. */
  get isOpen(): boolean {
    return this.#session?.isAlive === true;
  }

  /** Whether no session runs, is being opened, or may be awaited. */
  get isIdle(): boolean {
    return !this.isOpen && this.#opening === undefined && !this.#answering;
  }

  /** Facts of the running session since the newest sound, for each answer to that sound. */
  get log(): Pick<FactLog, 'findFact' | 'session'> {
    return this.#log;
  }

  /** Waits for another fact. */
  async waitForFact(signal: AbortSignal): Promise<void> {
    await waitUnlessAborted(this.#change.promise, signal);
  }

  /**
   * Sends sound while it is spoken, all of it from its begin. Of two people at once the first is sent, and the other's sound
   * once that person is answered. Never throws.
   */
  async feed(request: TalkRequest, sound: LiveSound): Promise<void> {
    if (this.#isHeldByOther(request)) return;
    if (this.#fed.has(sound)) {
      // The speaker goes on, so what was answered to the words so far is no answer.
      this.#clearFacts();
      return;
    }
    // The answer gets the error of a session of its own.
    const session = await this.prepare(request, sound.signal).catch(() => undefined);
    if (!session || this.#fed.has(sound) || sound.signal.aborted) return;
    if (this.#isHeldByOther(request)) return;
    this.#clearFacts();
    this.#addRule(session, request);
    this.#passSound(session, request.messages.at(-1), sound);
  }

  /**
   * Waits until nobody else is sent or answered. The floor is free again after `endAnswer` or `leaveFloor`. Throws BotError
   * `provider.late` after a while, which says nothing against the server.
   */
  async takeFloor(
    answer: object,
    request: TalkRequest,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + maxFloorWaitMs;
    const cancelWake = clock.later(maxFloorWaitMs, () => this.#wakeReaders());
    try {
      while (this.#isHeldByOther(request)) {
        if (clock.nowMs() >= untilMs) throw createBusyError();
        await this.waitForFact(signal);
      }
      // Its session would say the result of work that was given to the former answer.
      if (this.#answering) this.#closeSession();
      this.#answering = answer;
    } finally {
      cancelWake();
    }
  }

  /** Frees the floor of an answer that asked nothing. */
  leaveFloor(answer: object): void {
    if (this.#answering !== answer) return;
    this.#answering = undefined;
    this.#wakeReaders();
  }

  /** Returns a session that knows the conversation of a request, and no more. Throws BotError `provider.*` and `budget.used`. */
  async prepare(request: TalkRequest, signal: AbortSignal): Promise<LiveSession> {
    while (this.#opening) await waitUnlessAborted(this.#opening, signal).catch(ignore);
    const session = this.#session;
    if (session && this.#isUsable(session, request)) {
      this.#stayOpen(session, request);
      return session;
    }
    this.#closeSession();
    this.#opening = this.#openSession(request);
    try {
      return await waitUnlessAborted(this.#opening, signal);
    } finally {
      void this.#opening?.catch(ignore).finally(() => {
        this.#opening = undefined;
      });
    }
  }

  /** Sends the sound of a request that the session does not have. */
  sendQuestion(session: LiveSession, request: TalkRequest): void {
    const spoken = request.messages.filter((message) => 'wav' in message);
    const newest = spoken.at(-1)?.live;
    if (!newest || this.#fed.get(newest) !== session) {
      this.#clearFacts(session);
      this.#addRule(session, request);
    }
    for (const message of spoken) {
      if (!message.live) this.#sendWhole(session, message);
      else if (this.#fed.get(message.live) !== session)
        this.#passSound(session, message, message.live);
      if (message.live) this.#answered.add(message.live);
    }
  }

  /**
   * Reserves money for the turn that the session is asked for next, which also reads a result of so many characters. Throws
   * BotError `budget.used`.
   */
  async payTurn(
    session: LiveSession,
    resultChars: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#session !== session) return;
    const payment = this.#payment;
    await payment?.beginTurn(session.beginTurn(resultChars));
    if (signal.aborted) payment?.dropTurn();
    signal.throwIfAborted();
  }

  /** Asks for an answer to a question that was sent and paid. */
  askAnswer(session: LiveSession, request: TalkRequest): void {
    this.#beginAnswer(findNewestSpoken(request)?.live);
    session.setAnswerDue(true);
    // An end that came before the question is no fact of its answer yet.
    if (session.end) this.#addFact({ kind: 'over', error: session.end });
  }

  /**
   * Gives the session the result of its work, which it says in the name of one answer alone: that which has the floor. Returns
   * the ids of the additions. Throws BotError `provider.truncated` if the session is over, or answers somebody else.
   */
  giveResult(
    answer: object,
    { session, delegationId, pieces, isLast }: WorkResult,
  ): string[] {
    if (this.#session !== session || this.#answering !== answer)
      throw createLostWorkError();
    this.#resultOwner = answer;
    return pieces.map((text, n) => {
      const isLastPiece = isLast && n === pieces.length - 1;
      return session.giveResult({ delegationId, text, isLast: isLastPiece });
    });
  }

  /** Notes words of the answer that the session gives now. */
  noteSpoken(text: string): void {
    const answer = this.#answers.at(-1);
    if (answer) answer.text += text;
  }

  /** Ends an answer, unless another one to the same sound took its place. Nothing is sent until more words are for the bot. */
  endAnswer(answer: object, isWhole: boolean): void {
    if (this.#answering !== answer) return;
    this.#session?.setAnswerDue(false);
    const { sound } = this.#answers.at(-1) ?? {};
    // The speaker may go on after an answer that was given up, and then needs another one to all of it.
    const mayGoOn = sound !== undefined && !sound.signal.aborted;
    const hasResult = this.#resultOwner === answer;
    this.#resultOwner = undefined;
    // A session believes that it was heard whole, so one that was cut is of no use any more, nor is one that would say a
    // result to the next answer, which gets a result of its own.
    if (!isWhole && (!mayGoOn || hasResult)) this.#closeSession();
    if (!mayGoOn) this.#session?.dropWaiting();
    if (isWhole) this.#clearFacts();
    if (!mayGoOn || isWhole) this.#passing = undefined;
    this.#noteUse();
    this.leaveFloor(answer);
  }

  /** Ends the session. */
  [Symbol.dispose](): void {
    this.#closeSession();
  }

  /** Whether an answer to other sound is under way, or somebody else is sent. */
  #isHeldByOther(request: TalkRequest) {
    const newest = findNewestSpoken(request);
    const sound = newest?.live;
    const speaker = findSpeaker(newest);
    const { sound: asked } = this.#answers.at(-1) ?? {};
    // Words that are asked for again, after a lost voice connection, have no live sound any more.
    const isSame = sound ? asked === sound : this.#speaker === toPlainName(speaker);
    if (this.#answering && !isSame) return true;
    const passing = this.#passing;
    if (!passing || passing.sound.signal.aborted) return false;
    return passing.speaker !== speaker;
  }

  /** An answer to the same sound takes the place of one that was given up. */
  #beginAnswer(sound: LiveSound | undefined) {
    const earlier = this.#listOtherAnswers(sound);
    this.#answers = [...earlier, { sound, text: '' }];
  }

  #listOtherAnswers(sound: LiveSound | undefined) {
    return this.#answers.filter(
      (answer) => sound === undefined || answer.sound !== sound,
    );
  }

  #isUsable(session: LiveSession, request: TalkRequest) {
    if (!session.isAlive || !this.#request) return false;
    const leftMs = session.expiresAtMs - this.#options.clock.wallMs();
    if (session.state.contextShare > maxContextShare || leftMs < minLeftMs)
      return false;
    const sound = findNewestSpoken(request)?.live;
    const answers = this.#listOtherAnswers(sound).map(({ text }) => text);
    return isContinued(this.#request, request, answers);
  }

  #stayOpen(session: LiveSession, request: TalkRequest) {
    this.#payment?.setPayer(request.meter);
    this.#closeAfterNo(session, request);
    this.#noteUse();
  }

  /** A session cannot forget, so a no of anybody whose words it holds ends all of it. */
  #closeAfterNo(session: LiveSession, { until }: TalkRequest) {
    until.addEventListener('abort', () => this.#closeIf(session), { once: true });
    if (until.aborted) this.#closeIf(session);
  }

  async #openSession(request: TalkRequest) {
    const { clock, server } = this.#options;
    const by = describeServer(server.model, server.baseUrl);
    let session: LiveSession | undefined;
    const limits = findTurnLimits(server);
    const payment = limits
      ? new LiveTurns(clock, by, limits, request.meter)
      : new LiveMinutes(clock, by, request.meter, (error) =>
          this.#endSession(session, error),
        );
    await payment.begin();
    try {
      session = await LiveSession.open(
        server,
        createLiveStart(request, server),
        clock,
        request.until,
      );
    } catch (error) {
      payment.end(0);
      throw error;
    }
    this.#startSession(session, payment, request);
    return session;
  }

  #startSession(session: LiveSession, payment: LivePayment, request: TalkRequest) {
    this.#session = session;
    this.#payment = payment;
    this.#request = request;
    this.#answers = [];
    this.#speaker = undefined;
    this.#rule = findMissingRule(request, request);
    this.#resultOwner = undefined;
    this.#clearFacts();
    session.attach({
      onFact: (fact) => {
        payment.noteFact(fact);
        this.#addFact(fact);
      },
      onOver: (error) => this.#endSession(session, error),
    });
    this.#closeAfterNo(session, request);
    this.#noteUse();
    this.#closeAfterSilence(this.#options.maxSilenceMs);
  }

  #passSound(session: LiveSession, message: ChatMessage | undefined, sound: LiveSound) {
    this.#fed.set(sound, session);
    this.#passing = { sound, speaker: findSpeaker(message) };
    this.#introduce(session, message);
    sound.signal.addEventListener('abort', () => this.#dropSound(sound), {
      once: true,
    });
    const resampler = new Resampler(listenRateHz, session.inputRateHz);
    sound.startPassing(({ samples }) => {
      this.#noteUse();
      session.feed(resampler.push(samples));
    });
  }

  /** Appends are placed only while sound flows, so they leave with the first of it. */
  #introduce(session: LiveSession, message: ChatMessage | undefined) {
    const name = toPlainName(findSpeaker(message));
    if (name === '' || name === this.#speaker) return;
    this.#speaker = name;
    session.append('thinking', `The person who speaks now is ${name}.`);
  }

  #addRule(session: LiveSession, request: TalkRequest) {
    const rule = this.#request ? findMissingRule(this.#request, request) : '';
    if (rule === '' || rule === this.#rule) return;
    this.#rule = rule;
    session.append('instructions', rule);
  }

  #sendWhole(session: LiveSession, message: ChatMessage & SpokenChatMessage) {
    this.#introduce(session, message);
    session.feed(resamplePcm(readWav(message.wav), session.inputRateHz).samples);
  }

  /** Words that no answer used were for somebody else, and a session cannot forget them. */
  #dropSound(sound: LiveSound) {
    sound.stopPassing();
    this.#wakeReaders();
    const session = this.#fed.get(sound);
    if (session && !this.#answered.has(sound)) this.#closeIf(session);
    else if (!this.#answering) session?.dropWaiting();
  }

  #addFact(fact: TalkFact) {
    this.#log.addFact(fact);
    this.#wakeReaders();
  }

  #clearFacts(session = this.#session) {
    this.#log = new FactLog(session);
    this.#wakeReaders();
  }

  #wakeReaders() {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  #noteUse() {
    this.#usedAtMs = this.#options.clock.nowMs();
  }

  /** An answer that is under way is no silence, however long its work takes. */
  #closeAfterSilence(ms: number) {
    const { clock, maxSilenceMs } = this.#options;
    this.#cancelClosing = clock.later(ms, () => {
      if (this.#answering) this.#noteUse();
      const leftMs = this.#usedAtMs + maxSilenceMs - clock.nowMs();
      if (leftMs > 0) this.#closeAfterSilence(leftMs);
      else this.#closeSession();
    });
  }

  #closeIf(session: LiveSession) {
    if (this.#session === session) this.#closeSession();
  }

  #closeSession() {
    const session = this.#session;
    if (!session) return;
    session.close();
    this.#endSession(
      session,
      new BotError('provider.truncated', true, 'The live session was closed.'),
    );
  }

  #endSession(session: LiveSession | undefined, error: BotError) {
    if (!session || this.#session !== session) return;
    session.close();
    this.#cancelClosing?.();
    this.#session = undefined;
    this.#payment?.end(session.state.seconds);
    this.#payment = undefined;
    this.#addFact({ kind: 'over', error });
  }
}

const ignore = () => undefined;

function findNewestSpoken({ messages }: TalkRequest) {
  return messages.findLast((message) => 'wav' in message);
}

function findSpeaker(message: ChatMessage | undefined) {
  return message?.role === 'user' ? message.name.trim() : '';
}

/** Creates the error of work whose session is gone. Its sound was sent once, so only the chat model can go on by its words. */
export function createLostWorkError(): BotError {
  const message = 'The live session that had handed over work is gone.';
  return new BotError('provider.truncated', false, message);
}

function createBusyError() {
  const message = 'The live model talks with somebody else.';
  const about = { isShareUsed: true } as const;
  return new BotError('provider.late', false, message, undefined, undefined, about);
}
