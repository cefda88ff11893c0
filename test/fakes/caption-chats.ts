import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { CaptionChat, CaptionChats, DeletedMessages } from '#src/ports/caption-chats.ts';
import type { DesiredMessage, DisplayOutcome, MessagePlace } from '#src/ports/desired-message.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** A chat in memory that takes every wish at once. */
export class FakeCaptionChat {
  readonly channelId: string;
  /** Text that each message shows, by its key, in the order in which they were posted. */
  readonly shown = new Map<string, string>();
  readonly desired: DesiredMessage[] = [];
  /** Outcome of the next desired messages instead. */
  refuses: ((desired: DesiredMessage) => DisplayOutcome | undefined) | undefined;
  /** Number of openings without a close so far. */
  opened = 0;
  readonly #clock: Pick<Clock, 'nowMs'>;

  constructor(channelId: string, clock: Pick<Clock, 'nowMs'>) {
    this.channelId = channelId;
    this.#clock = clock;
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

  show(desired: DesiredMessage, report: (outcome: DisplayOutcome) => void): void {
    this.desired.push(desired);
    const refused = this.refuses?.(desired);
    queueMicrotask(() => report(refused ?? this.#handle(desired)));
  }

  async flush(): Promise<void> {
    await Promise.resolve();
  }

  /** Each opening hears of its own messages alone. */
  open(): CaptionChat {
    this.opened++;
    let listener: (outcome: DisplayOutcome) => void = () => undefined;
    return {
      channelId: this.channelId,
      show: (desired) => this.show(desired, (outcome) => listener(outcome)),
      onOutcome(given) {
        listener = given;
      },
      flush: () => this.flush(),
      close: () => void this.opened--,
    };
  }

  /** A key that is the id of a message stands for that. */
  #handle({ key, text }: DesiredMessage): DisplayOutcome {
    const first = key.slice(this.channelId.length + 1);
    const shown = this.shown.has(first) ? first : key;
    const messageId = `${this.channelId} ${shown}`;
    if (text === '') {
      this.shown.delete(shown);
      return { kind: 'deleted', key };
    }
    this.shown.set(shown, text);
    const at = { channelId: this.channelId, messageId };
    return { kind: 'shown', key, place: at, text, atMs: this.#clock.nowMs() };
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
  readonly told: string[] = [];
  /** No chat can be opened. */
  isForbidden = false;
  readonly #clock: Pick<Clock, 'nowMs'>;
  #posted = 0;
  #listener: (deleted: DeletedMessages) => void = () => undefined;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  get chat(): FakeCaptionChat {
    const chat = [...this.chats.values()].at(-1);
    if (!chat) throw new Error('No chat was opened.');
    return chat;
  }

  /** Chats that are open now. */
  get opened(): number {
    return [...this.chats.values()].reduce((sum, { opened }) => sum + opened, 0);
  }

  open: CaptionChats['open'] = async ({ channelId }, thread) => {
    if (this.isForbidden) throw new BotError('discord.forbidden', false, 'Not there.');
    return this.at(thread ? `${thread.name} in ${thread.inChannelId}` : channelId).open();
  };

  async post(channelId: string, text: string): Promise<MessagePlace> {
    const { chat, outcome } = await this.#one(channelId, `recap ${this.#posted++}`, text);
    if (outcome.kind === 'shown') return outcome.place;
    throw new BotError('discord.forbidden', false, `Not in ${chat.channelId}.`);
  }

  change: CaptionChats['change'] = async ({ channelId, messageId }, text) => {
    const { outcome } = await this.#one(channelId, messageId, text);
    if (outcome.kind === 'shown') return 'changed';
    return outcome.kind === 'deleted' || outcome.kind === 'gone' ? 'gone' : 'closed';
  };

  async #one(channelId: string, key: string, text: string) {
    const chat = this.at(channelId);
    const result = Promise.withResolvers<DisplayOutcome>();
    chat.show({ key, text, urgency: 'partial' }, result.resolve);
    return { chat, outcome: await result.promise };
  }

  /** A program is no member. */
  mayOpen: CaptionChats['mayOpen'] = async (_guildId, channelId, personId) => {
    if (this.gone.has(channelId)) return 'gone';
    const isBarred = [personId, `${personId} ${channelId}`].some((one) => this.barred.has(one));
    return isBarred || personId.startsWith('token:') ? 'no' : 'yes';
  };

  tellServer(guildId: string, { id }: TextLine): void {
    this.told.push(`${guildId} ${id}`);
  }

  onDeleted(listener: (deleted: DeletedMessages) => void): void {
    this.#listener = listener;
  }

  /** Somebody deletes messages. */
  deleted(deleted: DeletedMessages): void {
    this.#listener(deleted);
  }

  /** The chat of that channel. */
  at(channelId: string): FakeCaptionChat {
    const chat = this.chats.get(channelId) ?? new FakeCaptionChat(channelId, this.#clock);
    this.chats.set(channelId, chat);
    return chat;
  }
}
