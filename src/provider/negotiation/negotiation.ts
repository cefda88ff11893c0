import { APIError } from 'openai/core/error';
import { BotError } from '#src/base/errors.ts';
import { classifyRefusal, type Refusal } from '#src/provider/models/refusal.ts';
import {
  isUnpaid,
  type TryReservations,
} from '#src/provider/models/request-reservation.ts';
import type {
  Lesson,
  RequestForms,
  RequestPart,
  ServerKnowledge,
} from './server-knowledge.ts';

/** Most requests for one question. */
const maxTries = 3;

/** A part that is to blame for an error, and the form of the next try. Default: the next form. */
export type RefusedPart = {
  readonly name: string;
  readonly form?: string | undefined;
  /** The next try differs, and teaches nothing. */
  readonly isOnce?: true;
};

/** A request of named parts. */
export type NegotiableRequest<T> = {
  readonly parts: readonly RequestPart[];
  /** Name of the model, which refusals repeat. An alias may be called as a part is, such as `audio`. */
  readonly model?: string | undefined;
  /** Sends the request with its parts in these forms. */
  readonly send: (forms: RequestForms) => AsyncIterable<T>;
  /** Returns whether an output shows that the server took the request. Default: always. */
  readonly isAnswer?: (output: T) => boolean;
  /**
   * Names the parts that an error takes, where the caller knows more than the refusal says, which is the error as
   * it was read. Undefined if it does not. An empty list asks once more without a change. Throws the error that
   * counts.
   */
  readonly findRefused?: (
    cause: unknown,
    forms: RequestForms,
    refusal: Refusal,
  ) => readonly RefusedPart[] | undefined;
  /** Takes the accepted forms and the first output that counts. */
  readonly onAccepted?: (forms: RequestForms, answer: T) => void;
  /** Pays for each try after the first. Absent: nothing is paid. */
  readonly tries?: TryReservations | undefined;
  /** Without `tries`, a request that is paid once is not sent again after an answer that may have been charged. */
  readonly isPaidOnce?: boolean;
  /**
   * Sends the smallest request with these forms, to learn whether a part that was refused an hour ago is taken now.
   */
  readonly sendTrial: (
    forms: RequestForms,
    signal: AbortSignal,
  ) => AsyncIterable<unknown>;
};

/**
 * Yields the output of the first try that the server takes, of at most three.
 *
 * A refusal, a wrong type of content or an unreadable answer before the first output removes or replaces the parts
 * that it names. If it names none, the second try goes without what the bot added by itself, and the third without
 * everything that can be missed. What the server took in the end is learnt.
 *
 * @example
 * import { BadRequestError } from 'openai/core/error';
 * import { realClock } from '#src/base/clock.ts';
 * import { negotiate } from '#src/provider/negotiation/negotiation.ts';
 * import { ServerKnowledge, type RequestForms } from '#src/provider/negotiation/server-knowledge.ts';
 *
 * async function* send(forms: RequestForms) {
 *   const error = { message: 'stream is not supported' };
 *   if (forms.get('stream') !== '') throw new BadRequestError(400, error, undefined, new Headers());
 *   yield 'Hello';
 * }
 * const parts = [{ name: 'stream', forms: ['asked', ''], givenUp: 'first' }] as const;
 * const knowledge = new ServerKnowledge({ clock: realClock });
 * const request = { parts, send, sendTrial: send };
 * await Array.fromAsync(negotiate(request, knowledge, new AbortController().signal)); // ['Hello']
 */
export async function* negotiate<T>(
  request: NegotiableRequest<T>,
  knowledge: ServerKnowledge,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const bargain = new Bargain(request, knowledge);
  bargain.tryDueParts(signal);
  for (;;) {
    let hasBegun = false;
    try {
      for await (const output of request.send(bargain.forms)) {
        hasBegun ||= bargain.noteOutput(output);
        yield output;
      }
      return;
    } catch (cause) {
      if (hasBegun || signal.aborted) throw cause;
      bargain.giveUpParts(cause);
      await request.tries?.renew(cause);
      signal.throwIfAborted();
    }
  }
}

/** Why a part is sent in another form, from which try on. */
type Change = {
  readonly certainty: Lesson['certainty'];
  readonly tryNumber: number;
};

/** The tries of one request: which parts are sent how, and why. */
class Bargain<T> {
  readonly #request: NegotiableRequest<T>;
  readonly #knowledge: ServerKnowledge;
  readonly #firstForms: RequestForms;
  readonly #changes = new Map<string, Change>();
  /** Forms of the running try. */
  forms: RequestForms;
  #tries = 1;
  /** Error of a try after which the parts were guessed. It counts if the guess was wrong. */
  #doubtedCause: unknown;

  constructor(request: NegotiableRequest<T>, knowledge: ServerKnowledge) {
    this.#request = request;
    this.#knowledge = knowledge;
    this.#firstForms = new Map(
      request.parts.map((part) => [part.name, knowledge.chooseForm(part)]),
    );
    this.forms = this.#firstForms;
  }

  /** Chooses the forms of the next try. Throws the error that counts if there is none. */
  giveUpParts(cause: unknown): void {
    const { findRefused, isPaidOnce, model, parts, tries } = this.#request;
    const isUnpayable = isPaidOnce && !tries && !isUnpaid(cause);
    if (this.#tries >= maxTries || isUnpayable) throw this.#createLastError(cause);
    const refusal = classifyRefusal(cause);
    const blamed = findRefused?.(cause, this.forms, refusal);
    if (!blamed && !isOfForm(cause, refusal)) throw this.#createLastError(cause);
    this.#tries++;
    if (blamed) {
      for (const refused of blamed) this.#replaceBlamed(refused, cause);
      return;
    }
    const openParts = parts.filter((part) => this.#hasFurtherForm(part));
    const named = findNamedParts(openParts, withoutModel(refusal, model));
    for (const part of named) this.#replaceForm(part, refusal, 'named');
    if (named.length === 0) this.#guessParts(cause, refusal);
    else if (this.#tries === maxTries && named.every(isOwn))
      this.#giveUpOwnParts(refusal);
  }

  /** Returns whether an output is an answer, of whose forms the bot then learns. */
  noteOutput(output: T): boolean {
    const { isAnswer = () => true, onAccepted } = this.#request;
    if (!isAnswer(output)) return false;
    this.#learnLessons();
    onAccepted?.(this.forms, output);
    return true;
  }

  /**
   * Learns the forms that the server has just taken in place of better ones. A guess before the last one did not
   * help, so that the part is not to blame.
   */
  #learnLessons() {
    for (const part of this.#request.parts) {
      const form = this.forms.get(part.name) ?? '';
      if (form === part.forms[0]) this.#knowledge.dropDoubt(part);
      const { certainty, tryNumber } = this.#changes.get(part.name) ?? {};
      const isTaught = certainty === 'named' || tryNumber === this.#tries;
      if (!certainty || !isTaught || form === this.#firstForms.get(part.name)) continue;
      // What failed twice in a row was no fault of the moment.
      const isSure = certainty === 'doubted' && this.#tries > 2;
      const lesson = { part, form, certainty: isSure ? 'guessed' : certainty } as const;
      this.#knowledge.learnLesson(lesson);
    }
  }

  /** Tries parts that were refused an hour ago, in requests beside the question. Never throws and never waits. */
  tryDueParts(signal: AbortSignal): void {
    const { isPaidOnce, parts, sendTrial, tries } = this.#request;
    if (isPaidOnce && !tries) return;
    const due = parts.find((part) => this.#knowledge.isDue(part));
    if (due) void this.#tryPart(due, sendTrial, signal);
  }

  async #tryPart(
    part: RequestPart,
    sendTrial: NegotiableRequest<T>['sendTrial'],
    signal: AbortSignal,
  ) {
    this.#knowledge.delayTrial(part);
    const [best = ''] = part.forms;
    const forms = new Map([...this.#firstForms, [part.name, best]]);
    const over = new AbortController();
    const send = () => sendTrial(forms, AbortSignal.any([signal, over.signal]));
    const { tries } = this.#request;
    try {
      for await (const _ of tries ? tries.runBeside(send) : send()) {
        this.#knowledge.forgetLesson(part);
        break;
      }
    } catch {
      // The part is left out for another hour.
    } finally {
      over.abort(new Error('the trial is over'));
    }
  }

  #createLastError(cause: unknown) {
    // A refusal that the server states says more than a failure without a reason.
    const isStated = cause instanceof APIError && cause.status !== undefined;
    const isMoreTelling = isStated && !(this.#doubtedCause instanceof APIError);
    const telling = isMoreTelling ? cause : (this.#doubtedCause ?? cause);
    return this.#tries > 1 ? toFinalError(telling) : telling;
  }

  #guessParts(cause: unknown, refusal: Refusal) {
    this.#doubtedCause ??= cause;
    const { status = 500 } = refusal;
    const certainty = status >= 500 ? 'doubted' : 'guessed';
    const listParts = (givenUp: RequestPart['givenUp']) =>
      this.#request.parts.filter(
        (part) => part.givenUp === givenUp && this.#hasFurtherForm(part),
      );
    const firstParts = listParts('first');
    const guessed = firstParts.length > 0 ? firstParts : listParts('last');
    if (guessed.length === 0) throw this.#createLastError(cause);
    for (const part of guessed) this.#replaceForm(part, refusal, certainty);
  }

  #replaceBlamed({ form, isOnce, name }: RefusedPart, cause: unknown) {
    const part = this.#request.parts.find((candidate) => candidate.name === name);
    if (!part || !this.#hasFurtherForm(part)) throw this.#createLastError(cause);
    if (isOnce) this.#doubtedCause ??= cause;
    const next = form ?? this.#listLaterForms(part)[0] ?? '';
    this.forms = new Map([...this.forms, [name, next]]);
    if (!isOnce) this.#noteChange(name, 'named');
  }

  /** Before the last try a server that refuses one field after another gets none of the bot's own. */
  #giveUpOwnParts(refusal: Refusal) {
    for (const part of this.#request.parts)
      if (isOwn(part) && this.#hasFurtherForm(part))
        this.#replaceForm(part, refusal, 'guessed');
  }

  #hasFurtherForm(part: RequestPart) {
    return this.#listLaterForms(part).length > 0;
  }

  /** After a form that a refusal offered, the part is only left out. */
  #listLaterForms({ forms, name }: RequestPart) {
    const index = forms.indexOf(this.forms.get(name) ?? '');
    return index < 0 ? forms.slice(-1) : forms.slice(index + 1);
  }

  #replaceForm(part: RequestPart, refusal: Refusal, certainty: Lesson['certainty']) {
    const { name, offered = [] } = part;
    const current = this.forms.get(name) ?? '';
    const laterForms = this.#listLaterForms(part);
    // "must be one of [wav]" names the form that is taken.
    const offeredForm = [...offered, ...laterForms].find(
      (form) => form !== '' && form !== current && containsWord(refusal.text, form),
    );
    const form = offeredForm ?? laterForms[0];
    if (form === undefined) return;
    this.forms = new Map([...this.forms, [name, form]]);
    this.#noteChange(name, certainty);
  }

  #noteChange(name: string, certainty: Lesson['certainty']) {
    this.#changes.set(name, { certainty, tryNumber: this.#tries });
  }
}

/** A request failed in several forms, so that it is not sent once more. Its cause is the error that counts. */
export class RepeatedFailure extends Error {
  override readonly name = 'RepeatedFailure';

  constructor(cause: unknown) {
    super('The request failed in several forms.', { cause });
  }
}

function toFinalError(cause: unknown) {
  if (!(cause instanceof BotError)) return new RepeatedFailure(cause);
  const { about, cause: innerCause, code, message, stage } = cause;
  return new BotError(code, false, message, innerCause, stage, about);
}

/** Returns whether another form of the request may avoid an error. */
function isOfForm(cause: unknown, { kind }: Refusal) {
  // A connection that broke off may work the next time, without another form.
  if (cause instanceof BotError && !/wrong_type|refused/.test(cause.code)) return false;
  return kind === 'request';
}

function isOwn({ givenUp }: RequestPart) {
  return givenUp === 'first';
}

/**
 * Finds which of the parts a refusal names: by the fields that it states, then by the first field in each of its clauses
 * that is a part, then by its words.
 */
function findNamedParts(
  parts: readonly RequestPart[],
  refusal: Refusal,
): readonly RequestPart[] {
  const listNamed = (text: string) => parts.filter((part) => isNamedIn(part, text));
  const named = [
    refusal.params.filter((param) => !refusal.text.includes(param)).flatMap(listNamed),
    splitClauses(refusal.text).flatMap((clause) => {
      const params = refusal.params.filter((param) => clause.includes(param));
      return params.map(listNamed).find((found) => found.length > 0) ?? [];
    }),
    listNamed(refusal.text),
  ].find((found) => found.length > 0);
  const holders = new Set(named?.map(({ within }) => within));
  return [...new Set(named)].filter(({ name }) => !holders.has(name));
}

function withoutModel(refusal: Refusal, model: string | undefined): Refusal {
  if (!model) return refusal;
  const params = refusal.params.filter((param) => param !== model);
  // Quoted as `'audio'`, it is the alias: a complaint about sound has further words.
  const text = ["'", '"', '`'].reduce(
    (words, mark) => words.replaceAll(`${mark}${model}${mark}`, 'it'),
    refusal.text,
  );
  return { ...refusal, params, text };
}

/** Splits a refusal that complains about several fields. */
function splitClauses(text: string) {
  return text.split(/\n|; /);
}

function isNamedIn({ name, namedBy = name }: RequestPart, text: string) {
  if (typeof namedBy === 'string') return containsWord(text, namedBy);
  return typeof namedBy === 'function' ? namedBy(text) : namedBy.test(text);
}

const wordCharacter = /[\w-]/;

/** Returns whether a text holds a word, in capital or small letters, that is no part of a longer one. */
export function containsWord(text: string, word: string): boolean {
  const [lowerText, lowerWord] = [text.toLowerCase(), word.toLowerCase()];
  for (
    let at = lowerText.indexOf(lowerWord);
    at >= 0;
    at = lowerText.indexOf(lowerWord, at + 1)
  ) {
    const [before = '', after = ''] = [lowerText[at - 1], lowerText[at + word.length]];
    if (!wordCharacter.test(before) && !wordCharacter.test(after)) return true;
  }
  return false;
}
