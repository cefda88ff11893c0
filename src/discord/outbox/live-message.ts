import { neverAborted } from '#src/base/bounded-wait.ts';
import type { ChannelId } from '#src/base/ids.ts';
import {
  createNonce,
  type Outbox,
  patienceMs,
  type RestBody,
  type Urgency,
} from '#src/discord/outbox/outbox.ts';
import type { MessageOutcome } from '#src/ports/caption-chats.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import { toWriteFailure, type WriteFailure } from './write-failure.ts';

export type LiveMessageOptions = {
  readonly outbox: Outbox;
  readonly channelId: ChannelId;
  readonly flags?: number;
  /** Undefined means deletion. */
  draw(): RestBody | undefined;
  report(outcome: MessageOutcome): void;
};

export type LiveMessage = ReturnType<typeof createLiveMessage>;

/**
 * One message that follows `draw`: posted, edited, at last deleted. Only the newest
 * state always lands.
 */
export function createLiveMessage(
  options: LiveMessageOptions,
  place?: MessagePlace,
  shown?: RestBody,
) {
  const nonce = createNonce();
  let dueMs = Number.MAX_SAFE_INTEGER;
  let following: Promise<void> | undefined;
  let isTried = false;
  let isOver = false;
  let ownPlace = place;
  let current = toComparableBody(shown);

  async function followChanges() {
    const { draw } = options;
    await Promise.resolve();
    while (!isOver && current !== toComparableBody(draw())) {
      try {
        if (ownPlace) await changeMessage(ownPlace, draw() === undefined);
        else await postMessage();
      } catch (error) {
        onFailure(error);
      }
    }
    if (!isOver && !ownPlace && !draw()) onDeleted();
    following = undefined;
  }

  async function postMessage() {
    const { channelId, draw, flags, outbox, report } = options;
    let sent = { content: '' };
    const posted = await outbox.put(
      {
        channelId,
        route: 'POST',
        isPatient: true,
        send: async (signal) => {
          const body = draw();
          if (isOver || (!body && !isTried)) return undefined;
          // It may stand there already: its nonce finds it.
          sent = body ?? { content: '\u2026' };
          isTried = true;
          dueMs = Number.MAX_SAFE_INTEGER;
          const once = { ...sent, flags, nonce, enforce_nonce: true };
          return outbox.sendPost(channelId, once, signal);
        },
      },
      neverAborted,
    );
    if (!posted) return;
    ownPlace = { channelId, messageId: posted.id };
    const text = posted.content ?? sent.content;
    current = text.trim() === sent.content.trim() ? toComparableBody(sent) : undefined;
    report({ kind: 'shown', place: ownPlace });
  }

  async function changeMessage(place: MessagePlace, isDeletion: boolean) {
    const { draw, outbox, report } = options;
    const sent = await outbox.put(
      {
        channelId: place.channelId,
        route: isDeletion ? 'DELETE' : 'PATCH',
        dueMs: () => dueMs,
        isPatient: true,
        send: async (signal) => {
          const body = draw();
          if (isDeletion !== (body === undefined) || isOver) return undefined;
          current = toComparableBody(body);
          dueMs = Number.MAX_SAFE_INTEGER;
          if (body) await outbox.sendEdit(place, body, signal);
          else await outbox.sendDeletion(place, signal);
          return { body };
        },
      },
      neverAborted,
    );
    if (sent?.body) report({ kind: 'shown', place });
    else if (sent) onDeleted();
  }

  function onDeleted() {
    isOver = true;
    options.report({ kind: 'deleted' });
  }

  function onFailure(error: unknown) {
    if (isOver) return;
    const failure = toWriteFailure(error);
    const body = options.draw();
    current = toComparableBody(body);
    isOver = failure.kind !== 'too-old' && failure.kind !== 'refused';
    options.report(toFailureEvent(failure, body !== undefined));
  }

  return {
    get place(): MessagePlace | undefined {
      return ownPlace;
    },

    requestUpdate(urgency: Urgency) {
      const { outbox } = options;
      dueMs = Math.min(dueMs, outbox.nowMs + patienceMs[urgency]);
      following ??= followChanges();
    },

    async waitUntilSettled() {
      await following;
    },

    end() {
      isOver = true;
    },
  };
}

function toComparableBody(body: RestBody | undefined) {
  return body && JSON.stringify(body);
}

function toFailureEvent(failure: WriteFailure, isShown: boolean): MessageOutcome {
  const { kind } = failure;
  if (kind === 'message-gone' || kind === 'chat-gone')
    return { kind: isShown ? kind : 'deleted' };
  if (kind === 'passing')
    return { kind: 'refused', why: 'too many messages wait for Discord' };
  if (failure.kind === 'refused') return failure;
  return { kind: kind === 'too-old' ? kind : 'forbidden' };
}
