import {
  createNonce,
  type Outbox,
  patienceMs,
  type RestBody,
  type Urgency,
} from '#src/discord/outbox/outbox.ts';
import type { MessageOutcome } from '#src/ports/caption-chats.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import { toWriteFailure } from './write-failure.ts';

export type LiveMessageOptions = {
  readonly outbox: Outbox;
  readonly channelId: ChannelId;
  readonly flags?: number;
  /** Draws the message. Undefined means deletion. */
  draw(): RestBody | undefined;
  report(outcome: MessageOutcome): void;
};

const neverAborted = new AbortController().signal;

/**
 * One message that follows `draw`: posted, edited, at last deleted. Only the newest
 * state always lands.
 */
export class LiveMessage {
  readonly #options;
  readonly #nonce = createNonce();
  #place;
  #shown;
  #dueMs = Number.MAX_SAFE_INTEGER;
  #following: Promise<void> | undefined;
  #isTried = false;
  #isOver = false;

  /** Creates a message, new or already sent as `shown` at `place`. */
  constructor(options: LiveMessageOptions, place?: MessagePlace, shown?: RestBody) {
    this.#options = options;
    this.#place = place;
    this.#shown = toComparableBody(shown);
  }

  get place(): MessagePlace | undefined {
    return this.#place;
  }

  requestUpdate(urgency: Urgency) {
    const { outbox } = this.#options;
    this.#dueMs = Math.min(this.#dueMs, outbox.nowMs + patienceMs[urgency]);
    this.#following ??= this.#followChanges();
  }

  async waitUntilSettled() {
    await this.#following;
  }

  end() {
    this.#isOver = true;
  }

  /** Updates the message until nothing changes. */
  async #followChanges() {
    const { draw } = this.#options;
    await Promise.resolve();
    while (!this.#isOver && this.#shown !== toComparableBody(draw())) {
      try {
        if (this.#place) await this.#changeMessage(this.#place, draw() === undefined);
        else await this.#postMessage();
      } catch (error) {
        this.#onFailure(error);
      }
    }
    if (!this.#isOver && !this.#place && !draw()) this.#onDeleted();
    this.#following = undefined;
  }

  async #postMessage() {
    const { channelId, draw, flags, outbox, report } = this.#options;
    let sent = { content: '' };
    const posted = await outbox.put(
      {
        channelId,
        route: 'POST',
        isPatient: true,
        send: async (signal) => {
          const body = draw();
          if (this.#isOver || (!body && !this.#isTried)) return undefined;
          // It may stand there already: its nonce finds it.
          sent = body ?? { content: '\u2026' };
          this.#isTried = true;
          this.#dueMs = Number.MAX_SAFE_INTEGER;
          const once = { ...sent, flags, nonce: this.#nonce, enforce_nonce: true };
          return outbox.sendPost(channelId, once, signal);
        },
      },
      neverAborted,
    );
    if (!posted) return;
    this.#place = { channelId, messageId: posted.id };
    const text = posted.content ?? sent.content;
    this.#shown =
      text.trim() === sent.content.trim() ? toComparableBody(sent) : undefined;
    report({ kind: 'shown', place: this.#place });
  }

  async #changeMessage(place: MessagePlace, isDeletion: boolean) {
    const { draw, outbox, report } = this.#options;
    const sent = await outbox.put(
      {
        channelId: place.channelId,
        route: isDeletion ? 'DELETE' : 'PATCH',
        dueMs: () => this.#dueMs,
        isPatient: true,
        send: async (signal) => {
          const body = draw();
          if (isDeletion !== (body === undefined) || this.#isOver) return undefined;
          this.#shown = toComparableBody(body);
          this.#dueMs = Number.MAX_SAFE_INTEGER;
          if (body) await outbox.sendEdit(place, body, signal);
          else await outbox.sendDeletion(place, signal);
          return { body };
        },
      },
      neverAborted,
    );
    if (sent?.body) report({ kind: 'shown', place });
    else if (sent) this.#onDeleted();
  }

  #onDeleted() {
    this.#isOver = true;
    this.#options.report({ kind: 'deleted' });
  }

  #onFailure(error: unknown) {
    const { draw, report } = this.#options;
    if (this.#isOver) return;
    const failure = toWriteFailure(error);
    this.#shown = toComparableBody(draw());
    const { kind } = failure;
    this.#isOver = kind !== 'too-old' && kind !== 'refused';
    if (kind === 'message-gone' || kind === 'chat-gone')
      report({ kind: draw() ? kind : 'deleted' });
    else if (kind === 'passing')
      report({ kind: 'refused', why: 'too many messages wait for Discord' });
    else if (failure.kind === 'refused') report(failure);
    else report({ kind: kind === 'too-old' ? kind : 'forbidden' });
  }
}

function toComparableBody(body: RestBody | undefined) {
  return body && JSON.stringify(body);
}
