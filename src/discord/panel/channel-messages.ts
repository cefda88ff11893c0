import type { Channel, Client } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import {
  type ChannelId,
  type GuildId,
  type PersonId,
  toChannelId,
} from '#src/base/ids.ts';
import { renderButtonRows, renderLines } from '#src/discord/interactions/rendering.ts';
import {
  type OpenContent,
  type Outbox,
  type RestBody,
  toNonce,
  toRestBody,
} from '#src/discord/outbox/outbox.ts';
import { createUnwrittenError } from '#src/discord/outbox/write-failure.ts';
import { mayWriteMessages } from '#src/discord/permissions.ts';
import { getGuildLocale } from '#src/discord/places.ts';
import type { Button } from '#src/features/command.ts';
import { Owned } from '#src/people/owned.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { findForReaders, type PanelBoard } from '#src/ports/panel.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import type {
  OfferedButtons,
  PersonalLine,
  VoiceChannelChatPoster,
} from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { maxMessageChars, toPostedText, truncate } from '#src/texts/plain-text.ts';
import type { AnyLine, TextLine } from '#src/texts/texts.ts';

export type ChannelMessagesDeps = {
  readonly client: Client<true>;
  readonly panels: Pick<PanelBoard, 'placeIn'>;
  readonly buttons: ReadonlyMap<string, Button>;
  readonly outbox: Pick<Outbox, 'changeMessage' | 'post'>;
  readonly places: Pick<Places, 'isNoWider'>;
  /** Asks whether a person may open a channel now. */
  readonly mayOpen: (channelId: ChannelId, personId: PersonId) => Promise<boolean>;
};

/** Writes into the chat of voice channels. If closed, a given text goes beside the panel where each reader may open the channel. */
export class ChannelMessages implements VoiceChannelChatPoster {
  readonly #deps;

  constructor(deps: ChannelMessagesDeps) {
    this.#deps = deps;
  }

  /** Writes a text without pings, cut at 2,000 characters. Throws BotError `discord.*`. */
  async writeText(
    channelRef: ChannelRef,
    text: Owned<string>,
    signal: AbortSignal,
  ): Promise<void> {
    const channel = this.#getChannel(channelRef, text.owner === 'given');
    const channelId = toChannelId(channel.id);
    const content = text.map(toContent);
    if (content.findForPlace(channelId) === undefined && !content.isErased)
      throw createForbiddenError(`channel ${channelRef.channelId}`);
    const body = { content: '', allowed_mentions: { parse: [] } };
    await this.#sendBody(
      `channel ${channelRef.channelId}`,
      () => channel,
      body,
      () => content.findForPlace(channelId),
      signal,
    );
  }

  /** Writes lines with pings of these people. Lines with an `id` appear once. */
  async notifyPeople(
    channelRef: ChannelRef,
    lines: readonly PersonalLine[],
    signal: AbortSignal,
    buttons: readonly string[] = [],
  ): Promise<void> {
    const users = [...new Set(lines.map(({ personId }) => personId))];
    const ids = lines.flatMap(({ id }) => id ?? []);
    const once = ids.length === lines.length && { nonce: toNonce(ids) };
    const getChannel = () => this.#getChannel(channelRef, false);
    const body = {
      content: '',
      allowed_mentions: { users },
      components: this.#renderButtons(buttons, channelRef),
      ...once,
    };
    const openContent = () => formatMentions(lines, channelRef.channelId);
    await this.#sendBody(
      `channel ${channelRef.channelId}`,
      getChannel,
      body,
      openContent,
      signal,
    );
  }

  /** Sends a direct message, once for each `id`. Throws if direct messages are closed. */
  async tellPerson(
    personId: PersonId,
    text: Owned<string>,
    signal: AbortSignal,
    id?: string,
  ): Promise<void> {
    const content = text.map(toContent);
    const openContent = () =>
      content.findForPerson(personId, (channelId) =>
        this.#deps.mayOpen(channelId, personId),
      );
    if ((await openContent()) === undefined) throw createForbiddenError(directMessage);
    const once = id !== undefined && { nonce: toNonce([id]) };
    const { users } = this.#deps.client;
    await this.#sendBody(
      directMessage,
      () => users.createDM(personId),
      { content: '', allowed_mentions: { parse: [] }, ...once },
      openContent,
      signal,
    );
  }

  /** Posts a line with buttons, in the language of the server, without pings. */
  async offerButtons(
    channelRef: ChannelRef,
    textLine: TextLine | Owned<AnyLine>,
    buttons: readonly string[],
    signal: AbortSignal,
  ): Promise<OfferedButtons> {
    const locale = getGuildLocale(this.#deps.client, channelRef.guildId);
    const toBody = (line: AnyLine) => toRestBody(renderLines([line], locale));
    const content = (
      textLine instanceof Owned ? textLine : new Owned<AnyLine>(textLine, 'given')
    ).map((line) => toBody(line).content);
    const bareBody = toRestBody(renderLines([], locale));
    const components = this.#renderButtons(buttons, channelRef);
    const messagePlace = await this.#sendBody(
      `channel ${channelRef.channelId}`,
      () => this.#getChannel(channelRef, false),
      { ...bareBody, components },
      () => content.findForPlace(channelRef.channelId),
      signal,
    );
    return {
      replaceBy: async (line, ending) => {
        const body = { ...toBody(line), components: [] };
        await this.#deps.outbox.changeMessage(messagePlace, body, ending);
      },
    };
  }

  #getChannel({ channelId, guildId }: ChannelRef, isGiven: boolean) {
    const { channels } = this.#deps.client;
    const panelChannelId = isGiven
      ? this.#findPanelChat(channelId, guildId)
      : undefined;
    const voiceChannel = channels.cache.get(channelId);
    const panelChannel =
      panelChannelId === undefined ? undefined : channels.cache.get(panelChannelId);
    const isBarred =
      voiceChannel &&
      'permissionsFor' in voiceChannel &&
      mayWriteMessages(voiceChannel) === false;
    const channel = isBarred
      ? (panelChannel ?? voiceChannel)
      : (voiceChannel ?? panelChannel);
    if (!channel?.isSendable()) throw createForbiddenError(`channel ${channelId}`);
    return channel;
  }

  /** Finds the chat of the panel, unless people read there who may not open the voice channel. */
  #findPanelChat(channelId: ChannelId, guildId: GuildId) {
    const { panels, places } = this.#deps;
    const panelChannelId = panels.placeIn(guildId)?.channelId;
    const owned = new Owned(panelChannelId, { channelId });
    return findForReaders(owned, { guildId, channelId: panelChannelId }, places);
  }

  async #sendBody(
    channelName: string,
    getChannel: () => Pick<Channel, 'id'> | Promise<Pick<Channel, 'id'>>,
    body: RestBody,
    openContent: OpenContent,
    signal: AbortSignal,
  ): Promise<MessagePlace> {
    try {
      const channelId = toChannelId((await getChannel()).id);
      const { outbox } = this.#deps;
      const { id: messageId } = await outbox.post(channelId, body, signal, openContent);
      return { channelId, messageId };
    } catch (cause) {
      signal.throwIfAborted();
      throw createUnwrittenError(channelName, cause);
    }
  }

  #renderButtons(names: readonly string[], { guildId }: ChannelRef) {
    const { buttons, client } = this.#deps;
    return renderButtonRows(names, getGuildLocale(client, guildId), buttons);
  }
}

/** Formats lines for people, each after a mention. Undefined if one of them may not be read in the channel. */
function formatMentions(lines: readonly PersonalLine[], channelId: ChannelId) {
  const opened = lines.flatMap(({ personId, text: owned }) => {
    const text = owned.findForPlace(channelId);
    return text === undefined ? [] : { personId, text };
  });
  if (opened.length < lines.length) return undefined;
  // People who are told the same read it once, after their mentions.
  const mentions = [...Map.groupBy(opened, ({ text }) => text)].map(([text, same]) =>
    [...same.map(({ personId }) => `<@${personId}>`), toPostedText(text)].join(' '),
  );
  return truncate(mentions.join('\n'), maxMessageChars);
}

function toContent(text: string) {
  return truncate(toPostedText(text), maxMessageChars);
}

const directMessage = 'a direct message';

function createForbiddenError(name: string) {
  return new BotError(
    'discord.forbidden',
    false,
    `Nothing could be written in ${name}: may the bot send messages there?`,
  );
}
