import { toFeatureAlert } from '#src/base/alerts.ts';
import { createChildController } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import { WrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import { maxReturnAgeMs } from '#src/people/join-rules.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { toTokenKey } from '#src/web/api/tokens/token-budgets.ts';
import type { ApiToken } from '#src/web/api/tokens/token-store.ts';
import { ApiRefusal } from './api-refusal.ts';
import { toEventText } from './openai/server-events.ts';

/** Written once for all readers. */
export type WrittenEvent = { readonly json: string; readonly bytes: Uint8Array };

type Facts = {
  readonly type:
    | 'joined'
    | 'left'
    | 'heard'
    | 'answered'
    | 'line'
    | 'played'
    | 'alert'
    | 'ended';
  /** The bot may sit elsewhere by now. */
  readonly channelId?: ChannelId | undefined;
  readonly facts?: Readonly<Record<string, unknown>>;
  /** For tokens of the channel. */
  readonly words?: Readonly<Record<string, unknown>> | undefined;
};

type Reader = {
  readonly token: ApiToken;
  take(event: WrittenEvent): void;
  end(): void;
};

type Channel = { readonly id: string; readonly stopTimer?: () => void };

/** A program further behind is cut off. */
const mostWaiting = 100;
const [mostOfToken, mostInServer] = [4, 16];
/** A lost stream ends with its next event or comment. */
const retryAfterS = 15;

export type ServerEvents = ReturnType<typeof createServerEvents>;

export function createServerEvents(clock: Pick<Clock, 'wallMs' | 'later'>) {
  const readers = new Set<Reader>();
  const streams = new WrittenAnswerConcurrency(mostOfToken, mostInServer);
  let knownTokens: readonly ApiToken[] = [];
  /** The bot is in this voice channel, or has left it. */
  const channels = new Map<string, Channel>();

  /**
   * Streams events until `signal` is aborted, the reader is too slow, or the token is
   * revoked. Disposes of `place` then.
   */
  function readEvents(
    token: ApiToken,
    signal: AbortSignal,
    place?: Disposable,
  ): ReadableStream<WrittenEvent> {
    const ending = createChildController(signal);
    let isCancelled = false;
    const end = () => ending.abort();
    const source = {
      start: (controller: ReadableStreamDefaultController<WrittenEvent>) => {
        const take = (event: WrittenEvent) => {
          controller.enqueue(event);
          if ((controller.desiredSize ?? 0) <= 0) end();
        };
        const reader = { token, take, end };
        readers.add(reader);
        ending.signal.addEventListener('abort', () => {
          readers.delete(reader);
          place?.[Symbol.dispose]();
          if (!isCancelled) controller.close();
        });
      },
      cancel() {
        isCancelled = true;
        end();
      },
    };
    return new ReadableStream(source, { highWaterMark: mostWaiting });
  }

  function sendEvent(guildId: GuildId, { type, facts, words, ...from }: Facts) {
    const { channelId = channels.get(guildId)?.id } = from;
    const at = new Date(clock.wallMs()).toISOString();
    const event = { type, at, channelId, ...facts };
    const written = new Map<boolean, WrittenEvent>();
    for (const { token, take } of readers) {
      if (token.guildId !== guildId) continue;
      // Words go to tokens of their channel, wherever the bot sits by now.
      const isOpen = token.channelIds?.includes(from.channelId ?? '') === true;
      const one = written.get(isOpen) ?? writeEvent({ ...event, ...(isOpen && words) });
      written.set(isOpen, one);
      take(one);
    }
  }

  function openChannel(guildId: GuildId, channelId: ChannelId) {
    const former = channels.get(guildId);
    former?.stopTimer?.();
    if (former && former.id !== channelId) sendEvent(guildId, { type: 'ended' });
    channels.set(guildId, { id: channelId });
  }

  /** Ends the session's events once the bot cannot return. */
  function closeChannel(guildId: GuildId, channelId: ChannelId) {
    const stopTimer = clock.later(maxReturnAgeMs, () => {
      sendEvent(guildId, { type: 'ended' });
      channels.delete(guildId);
    });
    channels.set(guildId, { id: channelId, stopTimer });
  }

  return {
    report(guildId: GuildId, event: SessionEvent) {
      if (event.kind === 'joined') openChannel(guildId, event.channel.channelId);
      const facts = toEventFacts(event);
      if (facts) sendEvent(guildId, facts);
      if (event.kind === 'left') closeChannel(guildId, event.channel.channelId);
    },

    /** Streams events in one of few slots. Throws `ApiRefusal` 429 if none is free. */
    listen(token: ApiToken, signal: AbortSignal): ReadableStream<WrittenEvent> {
      signal.throwIfAborted();
      const place = streams.enter(token.guildId, token.name);
      if (place) return readEvents(token, signal, place);
      throw new ApiRefusal({
        status: 429,
        code: 'events.busy',
        message: `A token has ${mostOfToken} streams of events, and a server has ${mostInServer}: end one, or try again in ${retryAfterS} s.`,
        retryAfterS,
      });
    },

    read: readEvents,

    /** Keeps streams of these tokens, and ends others. */
    keepTokens(tokens: readonly ApiToken[]) {
      knownTokens = tokens;
      const known = new Set(tokens.map(toTokenKey));
      for (const { token, end } of readers) if (!known.has(toTokenKey(token))) end();
    },

    isRead(channelId: ChannelId): boolean {
      const reading = [...readers].map(({ token }) => token);
      return [...knownTokens, ...reading].some((token) =>
        token.channelIds?.includes(channelId),
      );
    },

    [Symbol.dispose]() {
      for (const { stopTimer } of channels.values()) stopTimer?.();
    },
  };
}

function writeEvent(event: object) {
  const json = JSON.stringify(event);
  return { json, bytes: new TextEncoder().encode(toEventText(json)) };
}

function toEventFacts(event: SessionEvent): Facts | undefined {
  switch (event.kind) {
    case 'joined':
      return { type: 'joined' };
    case 'left':
      return { type: 'left', facts: { why: event.why } };
    case 'recognised':
    case 'line':
      return {
        type: event.kind === 'line' ? 'line' : 'heard',
        channelId: event.channelId,
        words: toWordsField(event, event.text),
      };
    case 'answered':
      return {
        type: 'answered',
        channelId: event.channelId,
        facts: { finish: event.finish },
        words: toWordsField(event, event.heardText),
      };
    case 'played': {
      const { channelId, end, title, track } = event;
      return {
        type: 'played',
        channelId,
        facts: { reason: end },
        words: { track, sound: title },
      };
    }
    case 'alert': {
      const { name, meaning } = toFeatureAlert(event);
      return { type: 'alert', facts: { name, meaning, state: event.state } };
    }
    default:
      return undefined;
  }
}

function toWordsField(
  {
    speakerId,
    name,
    isLeftOut,
  }: {
    readonly speakerId: PersonId;
    readonly name: string;
    readonly isLeftOut?: boolean | undefined;
  },
  text: string,
) {
  return isLeftOut ? undefined : { speakerId, name, text };
}
