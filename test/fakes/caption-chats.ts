import { BotError } from '#src/base/errors.ts';
import {
  type ChannelId,
  type MessageId,
  toChannelId,
  toMessageId,
} from '#src/base/ids.ts';
import type {
  CaptionChat,
  CaptionChats,
  ChatText,
  MessageOutcome,
  Webhook,
} from '#src/ports/caption-chats.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** A message as it was touched. Its key is `captions 1`, or `notice` of one with buttons. */
export type DesiredMessage = ChatText & {
  readonly key: string;
  readonly urgency: 'whole' | 'partial';
};

/** Most wishes of one test: who has more asks for the same again and again, for ever. */
const maxDesired = 5_000;

type Show = (
  desired: DesiredMessage,
  report: (outcome: MessageOutcome) => void,
) => void;

/** A chat that passes on what it is to show. */
export function makeKeyedChat(channelId: ChannelId, show: Show): CaptionChat {
  const counts = { captions: 0, notice: 0 };
  return {
    channelId,
    openMessage(draw, report) {
      let key = '';
      return {
        requestUpdate(urgency) {
          const drawn = draw();
          const kind = drawn.buttons ? 'notice' : 'captions';
          if (key === '')
            key = `${kind} ${++counts[kind]}`.replace(/^notice 1$/, 'notice');
          show({ ...drawn, key, urgency }, report);
        },
        waitUntilSettled: () => Promise.resolve(),
      };
    },
  };
}

/** A chat in memory that takes every wish at once. */
export class FakeCaptionChat {
  readonly channelId: string;
  /** Text that each message shows, by its key, in the order in which they were posted. */
  readonly shown = new Map<string, string>();
  readonly desired: DesiredMessage[] = [];
  /** Outcome of the next desired messages instead. */
  refuses: ((desired: DesiredMessage) => MessageOutcome | undefined) | undefined;

  constructor(channelId: string) {
    this.channelId = channelId;
  }

  /** Texts of all messages, oldest first. */
  get texts(): readonly string[] {
    return [...this.shown.values()];
  }

  /** Lines of all captions, oldest first. */
  get lines(): readonly string[] {
    return [...this.shown]
      .filter(([key]) => key.startsWith('captions'))
      .flatMap(([, text]) => text.split('\n'));
  }

  show(desired: DesiredMessage, report: (outcome: MessageOutcome) => void) {
    const outcome = this.answer(desired);
    queueMicrotask(() => report(outcome));
  }

  answer(desired: DesiredMessage): MessageOutcome {
    if (this.desired.push(desired) > maxDesired)
      throw new Error(`${desired.key} is asked for without end.`);
    return this.refuses?.(desired) ?? this.#handle(desired);
  }

  /** A key that is the id of a message stands for that. */
  #handle({ key, text }: DesiredMessage): MessageOutcome {
    const first = key.slice(this.channelId.length + 1);
    const shownText = this.shown.has(first) ? first : key;
    const messageId = toMessageId(`${this.channelId} ${shownText}`);
    if (text === '') {
      this.shown.delete(shownText);
      return { kind: 'deleted' };
    }
    this.shown.set(shownText, text);
    return {
      kind: 'shown',
      place: { channelId: toChannelId(this.channelId), messageId },
    };
  }
}

/** Chats in memory: that of each voice channel, and threads. */
export class FakeCaptionChats implements CaptionChats {
  readonly chats = new Map<string, FakeCaptionChat>();
  /** People who may open no channel, and as `id channelId` those who may not open one of them. */
  readonly barred = new Set<string>();
  /** Channels that were deleted. */
  readonly gone = new Set<string>();
  /** Servers that were told something, with the id of its text. */
  readonly notices: string[] = [];
  /** No chat can be opened. */
  isForbidden = false;
  #posted = 0;
  #listener: (messageIds: readonly MessageId[]) => void = () => undefined;

  get chat(): FakeCaptionChat {
    const chat = [...this.chats.values()].at(-1);
    if (!chat) throw new Error('No chat was opened.');
    return chat;
  }

  openChat: CaptionChats['openChat'] = async ({ channelId }, thread) => {
    if (this.isForbidden) throw new BotError('discord.forbidden', false, 'Not there.');
    const chat = this.findChat(
      thread ? `${thread.name} in ${thread.parentChannelId}` : channelId,
    );
    return makeKeyedChat(toChannelId(chat.channelId), (desired, report) =>
      chat.show(desired, report),
    );
  };

  /** Messages of a webhook stand in a chat of its own. */
  async postMessage(target: ChannelId | Webhook, text: string) {
    const { chat, outcome } = await this.#findPosted(
      typeof target === 'string' ? target : `webhook ${target.id} ${target.token}`,
      `recap ${this.#posted++}`,
      text,
    );
    const webhook = typeof target === 'string' ? undefined : target;
    if (outcome.kind === 'shown') return { ...outcome.place, webhook };
    throw new BotError('discord.forbidden', false, `Not in ${chat.channelId}.`);
  }

  changeMessage: CaptionChats['changeMessage'] = async (
    { channelId, messageId, webhook },
    text,
  ) => {
    // Nobody but the webhook changes its messages.
    const isBarred = channelId.startsWith('webhook ') && webhook === undefined;
    if (isBarred) return 'closed';
    const { outcome } = await this.#findPosted(channelId, messageId, text);
    if (outcome.kind === 'shown') return 'changed';
    return outcome.kind === 'deleted' ? 'gone' : 'closed';
  };

  async #findPosted(channelId: string, key: string, text: string) {
    const chat = this.findChat(channelId);
    const result = Promise.withResolvers<MessageOutcome>();
    chat.show({ key, text, urgency: 'partial' }, result.resolve);
    return { chat, outcome: await result.promise };
  }

  /** A program is no member. */
  mayOpen: CaptionChats['mayOpen'] = async (_guildId, channelId, personId) => {
    if (this.gone.has(channelId)) return 'gone';
    const isBarred = [personId, `${personId} ${channelId}`].some((text) =>
      this.barred.has(text),
    );
    return isBarred || personId.startsWith('token:') ? 'no' : 'yes';
  };

  tellManagers(guildId: string, { id }: TextLine) {
    this.notices.push(`${guildId} ${id}`);
  }

  onMessagesDeleted(listener: (messageIds: readonly MessageId[]) => void) {
    this.#listener = listener;
  }

  /** Somebody deletes messages. */
  deleteMessages(...messageIds: readonly string[]) {
    this.#listener(messageIds.map(toMessageId));
  }

  /** The chat of that channel. */
  findChat(channelId: string) {
    const chat = this.chats.get(channelId) ?? new FakeCaptionChat(channelId);
    this.chats.set(channelId, chat);
    return chat;
  }
}
