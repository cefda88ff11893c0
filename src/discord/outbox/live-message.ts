import { neverAborted } from '#src/base/bounded-wait.ts';
import type { ChannelId } from '#src/base/ids.ts';
import { writeSentence } from '#src/base/logged-text.ts';
import {
  createNonce,
  type Outbox,
  patienceMs,
  type RestBody,
  type Urgency,
} from '#src/discord/outbox/outbox.ts';
import type { DrawnMessage, MessageOutcome } from '#src/ports/caption-chats.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import { toWriteFailure, type WriteFailure } from './write-failure.ts';

export type LiveMessageDeps = {
  readonly outbox: Outbox;
  readonly channelId: ChannelId;
  readonly flags?: number;
  /** Undefined means deletion. */
  draw(): RestBody | undefined;
  /** Called with each outcome of a request. */
  report(outcome: MessageOutcome): void;
};

/**
 * One message that follows `draw`: posted, edited, at last deleted. Only the newest
 * state always lands.
 */
export class LiveMessage implements DrawnMessage {
  readonly #deps;
  readonly #nonce = createNonce();
  #dueMs = Number.MAX_SAFE_INTEGER;
  #following: Promise<void> | undefined;
  #isTried = false;
  #isOver = false;
  #place: MessagePlace | undefined;
  #comparableBody: string | undefined;

  /** Follows a posted message if there is `place`, with the body that it shows. */
  constructor(
    deps: LiveMessageDeps,
    messagePlace?: MessagePlace,
    shownBody?: RestBody,
  ) {
    this.#deps = deps;
    this.#place = messagePlace;
    this.#comparableBody = toComparableBody(shownBody);
  }

  /** Place of the message. Undefined until it is posted. */
  get place(): MessagePlace | undefined {
    return this.#place;
  }

  /** Requests a new drawing. An urgent request stays urgent. Never throws. */
  requestUpdate(urgency: Urgency): void {
    const { outbox } = this.#deps;
    this.#dueMs = Math.min(this.#dueMs, outbox.nowMs + patienceMs[urgency]);
    this.#following ??= this.#followChanges();
  }

  /** Waits until the message is up to date, or cannot be. */
  async waitUntilSettled(): Promise<void> {
    await this.#following;
  }

  /** Follows no further change. A request that was sent goes on. */
  end(): void {
    this.#isOver = true;
  }

  async #followChanges() {
    const deps = this.#deps;
    await Promise.resolve();
    while (!this.#isOver && this.#comparableBody !== toComparableBody(deps.draw())) {
      try {
        if (this.#place) await this.#changeMessage(this.#place, !deps.draw());
        else await this.#postMessage();
      } catch (error) {
        this.#onFailure(error);
      }
    }
    if (!this.#isOver && !this.#place && !deps.draw()) this.#onDeleted();
    this.#following = undefined;
  }

  async #postMessage() {
    const { channelId, flags, outbox } = this.#deps;
    let body: RestBody = { content: '' };
    const posted = await outbox.put(
      {
        channelId,
        route: 'POST',
        isPatient: true,
        send: async (signal) => {
          const newestBody = this.#deps.draw();
          if (this.#isOver || (!newestBody && !this.#isTried)) return undefined;
          // It may stand there already: its nonce finds it.
          body = newestBody ?? { content: '\u2026' };
          this.#isTried = true;
          this.#dueMs = Number.MAX_SAFE_INTEGER;
          const once = { ...body, flags, nonce: this.#nonce, enforce_nonce: true };
          return outbox.sendPost(channelId, once, signal);
        },
      },
      neverAborted,
    );
    if (!posted) return;
    const messagePlace = { channelId, messageId: posted.id };
    this.#place = messagePlace;
    const text = posted.content ?? body.content;
    this.#comparableBody =
      text.trim() === body.content.trim() ? toComparableBody(body) : undefined;
    this.#deps.report({ kind: 'shown', place: messagePlace });
  }

  async #changeMessage(messagePlace: MessagePlace, isDeletion: boolean) {
    const { outbox } = this.#deps;
    const change = await outbox.put(
      {
        channelId: messagePlace.channelId,
        route: isDeletion ? 'DELETE' : 'PATCH',
        dueMs: () => this.#dueMs,
        isPatient: true,
        send: async (signal) => {
          const body = this.#deps.draw();
          if (isDeletion !== (body === undefined) || this.#isOver) return undefined;
          this.#comparableBody = toComparableBody(body);
          this.#dueMs = Number.MAX_SAFE_INTEGER;
          if (body) await outbox.sendEdit(messagePlace, body, signal);
          else await outbox.sendDeletion(messagePlace, signal);
          return { body };
        },
      },
      neverAborted,
    );
    if (change?.body) this.#deps.report({ kind: 'shown', place: messagePlace });
    else if (change) this.#onDeleted();
  }

  #onDeleted() {
    this.#isOver = true;
    this.#deps.report({ kind: 'deleted' });
  }

  #onFailure(error: unknown) {
    if (this.#isOver) return;
    const failure = toWriteFailure(error);
    const body = this.#deps.draw();
    this.#comparableBody = toComparableBody(body);
    this.#isOver = failure.kind !== 'too-old' && failure.kind !== 'refused';
    this.#deps.report(toFailureEvent(failure, body !== undefined));
  }
}

function toComparableBody(body: RestBody | undefined) {
  return body && JSON.stringify(body);
}

function toFailureEvent(failure: WriteFailure, isShown: boolean): MessageOutcome {
  const { kind } = failure;
  if (kind === 'message-gone' || kind === 'chat-gone')
    return { kind: isShown ? kind : 'deleted' };
  if (kind === 'passing')
    return { kind: 'refused', why: writeSentence`too many messages wait for Discord` };
  if (failure.kind === 'refused') return failure;
  return { kind: kind === 'too-old' ? kind : 'forbidden' };
}
