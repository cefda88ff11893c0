import { isIPv4 } from 'node:net';
import { admitLiteral, type LoggedText } from '#src/base/logged-text.ts';

/** Interval of requests while they are answered. */
const askMs = 5_000;
/** Age of the last answer at which the next one is overdue, and asked for again at each check. */
const overdueMs = 5_500;
/** Age of the last answer from our own address after which the path carries no more: nine answers are missing by then. */
const maxAnswerAgeMs = 10_000;
/** A server that answers no request in a call has shown no loss. So long is hardly a channel with people silent. */
const maxSilenceMs = 60_000;
/** Answers stop alike in two calls if they came equally long, up to two requests. */
const alikeMs = 2 * askMs;

/** How fresh the proof is that a path carries sound, at one instant. */
export type PathProof = {
  /** Half a sentence that says what is missing if the proof gets too old. */
  readonly fault: LoggedText;
  readonly ageMs: number;
  /** Oldest proof of a path that carries. */
  readonly maxAgeMs: number;
  /** True from the instant at which a newer proof should have come. */
  readonly isOverdue: boolean;
  /** True if the proof may be missing for another reason. */
  readonly isGuess: boolean;
  /** Time for which the server answered in the call, if the proof is that it still does. */
  readonly answeredForMs?: number | undefined;
};

/**
 * The UDP path to one voice server, both ways. It proves that it carries by answers to requests for our outside address,
 * since a dead path shows no error: heartbeats go over TCP, and of silent people nothing comes.
 *
 * Discord documents these answers only for the time before a call. So they count once the server has given one in the call.
 * A call is left once for answers that stop: if they stop after as long in the next one, that is a habit of the server.
 */
export class UdpPath {
  readonly #ask;
  readonly #leftAfterMs;
  #outsideAddress: string | undefined;
  #hasMoved = false;
  #isInCall = false;
  #hasAnswered = false;
  #answerAgeMs = 0;
  /** Time from the first answer in the call until now, and until the latest one. */
  #sinceAnsweredMs = 0;
  #answeredForMs = 0;
  #silenceMs = 0;
  #askAgeMs = askMs;

  /**
   * `ask` sends a request for our outside address. `leftAfterMs` is the time for which answers came in the latest call that
   * was left since they stopped.
   */
  constructor(ask: () => void, leftAfterMs?: number) {
    this.#ask = ask;
    this.#leftAfterMs = leftAfterMs;
  }

  /** Notes a datagram of the voice server, at once when it comes. */
  onDatagram(datagram: Buffer): void {
    this.#silenceMs = 0;
    const address = parseAddress(datagram);
    if (address === undefined) return;
    this.#outsideAddress ??= address;
    this.#hasMoved = address !== this.#outsideAddress;
    this.#hasAnswered ||= this.#isInCall;
    this.#answeredForMs = this.#sinceAnsweredMs;
    // From another address the answer comes, but voice goes to the one that Discord was told.
    if (!this.#hasMoved) this.#answerAgeMs = 0;
  }

  /** Asks if a request is due. Call this while in a call, `passedMs` after the last time. */
  check(passedMs: number, hasCompany: boolean): PathProof {
    this.#isInCall = true;
    this.#answerAgeMs += passedMs;
    if (this.#hasAnswered) this.#sinceAnsweredMs += passedMs;
    this.#askAgeMs += passedMs;
    this.#silenceMs = hasCompany ? this.#silenceMs + passedMs : 0;
    const isProvedByAnswers = this.#hasAnswered && !this.#endsAsBefore();
    const isOverdue = isProvedByAnswers && this.#answerAgeMs > overdueMs;
    if (isOverdue || this.#askAgeMs >= askMs) {
      this.#askAgeMs = 0;
      this.#ask();
    }
    if (isProvedByAnswers) return this.#getAnswerProof(isOverdue);
    return {
      fault: admitLiteral('nothing has come over UDP, though people are there'),
      ageMs: this.#silenceMs,
      maxAgeMs: maxSilenceMs,
      isOverdue,
      isGuess: true,
    };
  }

  #endsAsBefore() {
    if (this.#leftAfterMs === undefined || this.#hasMoved) return false;
    return Math.abs(this.#answeredForMs - this.#leftAfterMs) <= alikeMs;
  }

  #getAnswerProof(isOverdue: boolean) {
    return {
      fault: this.#hasMoved
        ? admitLiteral('the voice server has seen the bot at another address')
        : admitLiteral('the voice server has answered nothing over UDP'),
      ageMs: this.#answerAgeMs,
      maxAgeMs: maxAnswerAgeMs,
      isOverdue,
      isGuess: false,
      answeredForMs: this.#hasMoved ? undefined : this.#answeredForMs,
    };
  }
}

const requestBytes = 74;

/**
 * Builds a request for our outside address:
 * https://docs.discord.com/developers/topics/voice-connections#ip-discovery
 */
export function createAddressRequest(ssrc: number): Buffer {
  const datagram = Buffer.alloc(requestBytes);
  datagram.writeUInt16BE(1, 0);
  datagram.writeUInt16BE(70, 2);
  datagram.writeUInt32BE(ssrc, 4);
  return datagram;
}

/** Reads address and port of an answer. Undefined for any other datagram. */
function parseAddress(datagram: Buffer) {
  if (datagram.length !== requestBytes || datagram.readUInt32BE(0) !== 0x0002_0046)
    return undefined;
  const ip = datagram.toString('latin1', 8, Math.max(8, datagram.indexOf(0, 8)));
  return isIPv4(ip) ? `${ip}:${datagram.readUInt16BE(requestBytes - 2)}` : undefined;
}
