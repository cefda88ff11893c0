import { neverAborted } from '#src/base/bounded-wait.ts';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import type { RecapPlace } from '#src/features/captions/caption-settings.ts';
import { formatWrittenText } from '#src/notices/channel-notices.ts';
import type { Owned } from '#src/people/owned.ts';
import type { CaptionPlace, Webhook } from '#src/ports/caption-chats.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import type { TranscriptSession } from '#src/stores/transcripts/transcript-line.ts';
import { escapeTextValues, maxMessageChars } from '#src/texts/plain-text.ts';
import type { AnyLine, CheckedLine } from '#src/texts/texts.ts';
import { createWallTimes } from '#src/texts/wall-time.ts';
import {
  type CaptionShardDeps,
  noteCaptionMessage,
  type TranscriptStore,
} from './transcript-stores.ts';

type PostedRecap = {
  readonly session: TranscriptSession;
  readonly store: TranscriptStore;
  /** Tests whether all lines that were summarised are still stored. */
  readonly areLinesKept: () => Promise<boolean>;
};

/** Posts recaps at the end of sessions, so that an erasure finds their messages. */
export class RecapPoster {
  readonly #deps: CaptionShardDeps;

  constructor(deps: CaptionShardDeps) {
    this.#deps = deps;
  }

  /** Posts the messages of a recap at a place, or beside the captions if that fails. Throws BotError `discord.*`. */
  async post(
    messages: readonly Owned<readonly AnyLine[]>[],
    recap: PostedRecap,
    place: RecapPlace,
  ): Promise<void> {
    if (messages.length === 0) return;
    try {
      const target = await this.#openTarget(recap.session, place);
      for (const message of messages) {
        const messagePlace = await this.#postMessage(message, recap, target);
        if (!messagePlace) return;
        // A line may have been erased before the recap was posted.
        if (!(await recap.areLinesKept())) await this.#deleteMessage(messagePlace);
      }
    } catch (error) {
      if (place.kind === 'captions') throw error;
      // Readers of the captions may know the recap, so it is not lost.
      this.#deps.onEvent(recap.session.guildId, toFailureEvent(error, 'think'));
      await this.post(messages, recap, { kind: 'captions' });
    }
  }

  /** Opens the place of a recap. Throws BotError `discord.*`. */
  async #openTarget(
    { channelId, channelName, guildId, placeId, startedAtWallMs }: TranscriptSession,
    place: RecapPlace,
  ): Promise<ChannelId | Webhook> {
    if (place.kind === 'captions') return placeId;
    if (place.kind === 'webhook') return place.webhook;
    const { timeZone } = this.#deps.settings.getForGuild(guildId);
    const date = createWallTimes(timeZone).day(startedAtWallMs);
    const named = { channel: channelName, date };
    const name = formatWrittenText(
      { id: 'recap.thread', with: named },
      guildId,
      this.#deps,
    );
    const chat = await this.#deps.captionChats.openChat(
      { channelId, guildId, name: channelName },
      { parentChannelId: place.parentChannelId, name },
      neverAborted,
    );
    return chat.channelId;
  }

  async #postMessage(
    message: Owned<readonly AnyLine[]>,
    { session, store }: PostedRecap,
    target: ChannelId | Webhook,
  ): Promise<CaptionPlace | undefined> {
    const { captionChats } = this.#deps;
    // An empty message is noted first, so that an erasure finds it after a crash.
    const messagePlace = await captionChats.postMessage(target, '\u2026', neverAborted);
    await noteCaptionMessage(messagePlace, session, store, this.#deps);
    // Words of the channel go to the place that its owner chose, of which the channel was told.
    const lines = message.findForPlace(session.channelId);
    if (!lines) {
      await this.#deleteMessage(messagePlace);
      return undefined;
    }
    const text = this.#formatLines(lines, session.guildId);
    await captionChats.changeMessage(messagePlace, text, neverAborted);
    return messagePlace;
  }

  async #deleteMessage(messagePlace: CaptionPlace) {
    const { captionChats, transcripts } = this.#deps;
    if ((await captionChats.changeMessage(messagePlace, '', neverAborted)) !== 'closed')
      await transcripts.askBoth(({ messages }) =>
        messages.markSettled(messagePlace.messageId),
      );
  }

  #formatLines(message: readonly AnyLine[], guildId: GuildId) {
    return message
      .map(({ id, with: values = {} }: CheckedLine) =>
        formatWrittenText({ id, with: escapeTextValues(values) }, guildId, this.#deps),
      )
      .join('\n')
      .slice(0, maxMessageChars);
  }
}
