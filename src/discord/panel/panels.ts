import type { Client } from 'discord.js';
import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import {
  admitError,
  admitLiteral,
  type LoggedText,
  writeSentence,
} from '#src/base/logged-text.ts';
import {
  type MessageBody,
  type MessageDeps,
  renderButtonRows,
  renderSentence,
  toMessageBody,
} from '#src/discord/interactions/rendering.ts';
import { LiveMessage } from '#src/discord/outbox/live-message.ts';
import { type Outbox, toRestBody } from '#src/discord/outbox/outbox.ts';
import { getGuildLocale } from '#src/discord/places.ts';
import type { Button } from '#src/features/command.ts';
import type { Owned } from '#src/people/owned.ts';
import type { Places } from '#src/ports/command-ports.ts';
import {
  findForReaders,
  hideQuestions,
  openPanel,
  type PanelBoard,
  type PanelContent,
  type PanelStore,
  toLeftPanel,
  toMovedPanel,
} from '#src/ports/panel.ts';
import { consentButtons } from '#src/ports/talk-guide.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import type { Locale, TextLine } from '#src/texts/texts.ts';
import type { VoiceStatuses } from './voice-statuses.ts';

export type PanelsDeps = MessageDeps & {
  readonly client: Client<true>;
  readonly panelStore: PanelStore;
  readonly outbox: Outbox;
  readonly places: Pick<Places, 'findChannel' | 'isNoWider'>;
  readonly statuses: Pick<VoiceStatuses, 'removeFormer' | 'show'>;
};

/** A message that follows the panel of a voice channel. */
type PanelMessage = {
  readonly live: LiveMessage;
  /** Chat in which the message stands. */
  readonly placeId: ChannelId;
  /** Voice channel of the panel. Undefined: the bot has left that channel, or its content is not known yet. */
  channelId: ChannelId | undefined;
};

type Panel = {
  content?: Owned<PanelContent>;
  /** The bot has left, for this reason. */
  left?: { readonly reason: Owned<TextLine> | undefined };
  headline?: TextLine;
  /** The panel was posted or taken over before its first content. */
  isAwaiting?: boolean;
  /** The panel itself, whose place is stored. */
  main?: PanelMessage;
  /** A reply to `/join` where not all readers may open the channel, which has its panel in its own chat. */
  reply?: PanelMessage;
  /** Voice channel whose chat got a panel, or refused one. */
  triedId?: ChannelId | undefined;
  storing: Promise<void>;
};

/** Keeps a bot in many servers within its rate limit. */
const wakeMs = 250;

/** Messages in each server that follow the state of the bot. Each place is asked anew at each drawing who reads there. */
export class Panels implements PanelBoard {
  readonly #deps;
  readonly #panels = new Map<GuildId, Panel>();
  #isClosed = false;

  constructor(deps: PanelsDeps) {
    this.#deps = deps;
  }

  /** Shows content on the panel and as voice channel status, or keeps it for a later panel. */
  show(guildId: GuildId, content: Owned<PanelContent>): void {
    const panel = this.#getPanel(guildId);
    const { content: former } = panel;
    const channelId = getChannelId(content);
    const hasMoved = former !== undefined && getChannelId(former) !== channelId;
    if (panel.isAwaiting && panel.main) panel.main.channelId = channelId;
    if (!former || hasMoved) delete panel.triedId;
    panel.content = content;
    panel.isAwaiting = false;
    delete panel.left;
    this.#redraw(panel);
    this.#keepWithReaders(guildId, panel, hasMoved);
    const [status] = content.split((opened) => (opened.status ? [opened.status] : []));
    this.#deps.statuses.show(guildId, status);
  }

  /** Shows that the bot has left, and removes a status that a former process left in the channel of the reason. */
  showLeft(guildId: GuildId, reason?: Owned<TextLine>): void {
    this.#markLeft(this.#getPanel(guildId), reason);
    const channelId = reason && getChannelId(reason);
    if (channelId !== undefined) this.#deps.statuses.removeFormer(guildId, channelId);
  }

  /** Draws the panel anew, after rights of people or channels have changed. */
  onRightsChanged(guildId: GuildId): void {
    const panel = this.#panels.get(guildId);
    if (!panel) return;
    delete panel.triedId;
    this.#redraw(panel);
    this.#keepWithReaders(guildId, panel, false);
  }

  /** Renders the panel that a reply in this place becomes. Pass the posted reply to `putPanel`. */
  renderPanel(
    guildId: GuildId,
    placeId: ChannelId | undefined,
    headline: TextLine,
  ): MessageBody {
    const content = this.#panels.get(guildId)?.content;
    const { places } = this.#deps;
    const opened =
      content && openPanel(content, { guildId, channelId: placeId }, places);
    return this.#drawContent(guildId, headline, opened);
  }

  /**
   * Makes this message the panel, and deletes the former one. Where not all readers may open the channel, the panel stands in
   * the chat of the channel too. Stores the place later.
   */
  putPanel(
    guildId: GuildId,
    messagePlace: MessagePlace,
    headline: TextLine,
    body: MessageBody,
  ): void {
    const panel = this.#getPanel(guildId);
    panel.headline = headline;
    panel.isAwaiting = !panel.content;
    const channelId = panel.content && getChannelId(panel.content);
    const { main } = panel;
    const message = this.#followMessage(guildId, messagePlace, body, channelId);
    if (main && this.#isWithReaders(guildId, panel, main)) {
      if (!this.#isWithReaders(guildId, panel, message)) {
        this.#setReply(panel, message);
        return;
      }
    }
    this.#setMain(guildId, panel, message, 'deleted');
    this.#keepWithReaders(guildId, panel, false);
  }

  /** Posts a panel in place of a former one. Returns false if it was not sent. Never throws. */
  async postPanel(channel: ChannelRef, headline: TextLine): Promise<boolean> {
    const { channelId, guildId } = channel;
    const panel = this.#getPanel(guildId);
    // A move has posted one, or is posting it.
    if (panel.content && panel.triedId === channelId) return true;
    panel.triedId = channelId;
    delete panel.left;
    const body = this.renderPanel(guildId, channelId, headline);
    const messagePlace = await this.#postBody(channel, body);
    if (messagePlace) this.putPanel(guildId, messagePlace, headline, body);
    return messagePlace !== undefined;
  }

  /** Shows on panels of a former run that the bot has left, one after the other. */
  async resumePanels(guildIds: readonly GuildId[]): Promise<void> {
    for (const guildId of guildIds) {
      const messagePlace = await this.#findStoredPanel(guildId);
      if (this.#isClosed) return;
      if (!messagePlace || this.#panels.has(guildId)) continue;
      const panel = this.#getPanel(guildId);
      panel.left = { reason: undefined };
      panel.main = this.#followMessage(guildId, messagePlace, undefined, undefined);
      await new Promise<void>((resolve) => this.#deps.timing.later(wakeMs, resolve));
    }
  }

  /** Continues a panel of a former run. Returns false if there is none. Never throws. */
  async takeOverPanel(guildId: GuildId): Promise<boolean> {
    const panel = this.#getPanel(guildId);
    const messagePlace =
      panel.main?.live.place ?? (await this.#findStoredPanel(guildId));
    if (this.#isClosed || !messagePlace || this.#panels.get(guildId) !== panel)
      return false;
    panel.main ??= this.#followMessage(guildId, messagePlace, undefined, undefined);
    panel.main.channelId = panel.content && getChannelId(panel.content);
    panel.isAwaiting = !panel.content;
    panel.main.live.requestUpdate('panel');
    this.#keepWithReaders(guildId, panel, false);
    return true;
  }

  /** Follows the panel no longer, once its place is stored. The message stays. */
  async forgetPanel(guildId: GuildId): Promise<void> {
    const panel = this.#panels.get(guildId);
    for (const { live } of listMessages(panel)) live.end();
    await panel?.storing;
    this.#panels.delete(guildId);
  }

  /** Returns the place of the panel. Undefined until one is followed. */
  placeIn(guildId: GuildId): MessagePlace | undefined {
    return this.#panels.get(guildId)?.main?.live.place;
  }

  /** Removes words of people from the panels within `ms`, and follows none any more. */
  async close(ms: number): Promise<void> {
    this.#isClosed = true;
    const panels = [...this.#panels.values()];
    const clearing = Promise.all(panels.map(clearQuestions));
    await waitAtMost(clearing, ms, this.#deps.timing, neverAborted);
    for (const { live } of panels.flatMap(listMessages)) live.end();
  }

  #getPanel(guildId: GuildId) {
    const panel: Panel = this.#panels.get(guildId) ?? { storing: Promise.resolve() };
    this.#panels.set(guildId, panel);
    return panel;
  }

  #markLeft(panel: Panel, reason: Owned<TextLine> | undefined) {
    delete panel.content;
    panel.isAwaiting = false;
    panel.left = { reason };
    for (const message of listMessages(panel)) message.channelId = undefined;
    this.#redraw(panel);
  }

  #redraw(panel: Panel) {
    for (const { live } of listMessages(panel)) live.requestUpdate('panel');
  }

  /** Tests whether a message belongs to the channel of the content, and all who read there may open that channel. */
  #isWithReaders(guildId: GuildId, { content }: Panel, message: PanelMessage) {
    if (!content || message.channelId !== getChannelId(content)) return false;
    const place = { guildId, channelId: message.placeId };
    return findForReaders(content, place, this.#deps.places) !== undefined;
  }

  /** Posts a panel in the chat of the voice channel if the former one stands with others. One try for each channel. */
  #keepWithReaders(guildId: GuildId, panel: Panel, hasMoved: boolean) {
    const { content, main } = panel;
    const channelId = content && getChannelId(content);
    // The first panel, and one that says that the bot has left, wait for a reply or a call of `takeOverPanel`.
    const isAwaited = main?.channelId !== undefined || hasMoved;
    if (channelId === undefined || panel.triedId === channelId || !isAwaited) return;
    if (main && this.#isWithReaders(guildId, panel, main)) return;
    panel.triedId = channelId;
    const { places } = this.#deps;
    const name = places.findChannel(guildId, channelId)?.name ?? '';
    void this.#postInChat({ guildId, channelId, name }, panel);
  }

  async #postInChat(channel: ChannelRef, panel: Panel) {
    const { channelId, guildId } = channel;
    const headline = panel.headline ?? { id: 'panel.reconnecting' };
    const body = this.renderPanel(guildId, channelId, headline);
    const messagePlace = await this.#postBody(channel, body);
    if (this.#isClosed || this.#panels.get(guildId) !== panel) return;
    if (messagePlace) {
      const ownId = panel.left ? undefined : channelId;
      const message = this.#followMessage(guildId, messagePlace, body, ownId);
      this.#setMain(guildId, panel, message, 'kept');
    } else if (panel.main?.channelId !== undefined) {
      // Nothing can be written there, so the former panel goes on, for its readers.
      panel.main.channelId = channelId;
    }
    this.#redraw(panel);
    this.#keepWithReaders(guildId, panel, false);
  }

  async #postBody({ channelId, guildId }: ChannelRef, body: MessageBody) {
    try {
      const { outbox } = this.#deps;
      const { id } = await outbox.post(channelId, toRestBody(body), neverAborted);
      return { channelId, messageId: id };
    } catch (cause) {
      const message = writeSentence`no panel could be posted in channel ${channelId}: ${admitError(cause)}. May the bot send messages there?`;
      reportWarning(this.#deps, guildId, message, cause);
      return undefined;
    }
  }

  /** Makes a message the panel, and stores its place. A panel of a channel that the bot has left by a move stays there. */
  #setMain(
    guildId: GuildId,
    panel: Panel,
    message: PanelMessage,
    formerFate: 'deleted' | 'kept',
  ) {
    const { main: former, reply } = panel;
    panel.main = message;
    const isMovedAway =
      former?.channelId !== undefined && former.channelId !== message.channelId;
    if (isMovedAway) {
      for (const left of [former, reply]) if (left) endWhenDrawn(left);
      delete panel.reply;
    } else if (formerFate === 'kept') this.#setReply(panel, former);
    else {
      former?.live.end();
      this.#setReply(panel, undefined);
    }
    const isKept = isMovedAway || formerFate === 'kept';
    const deleted = isKept ? 'none' : former?.live.place;
    const { place } = message.live;
    panel.storing = panel.storing.then(() =>
      place ? storeMove(this.#deps, guildId, deleted, place) : undefined,
    );
  }

  #setReply(panel: Panel, message: PanelMessage | undefined) {
    const former = panel.reply;
    if (message) panel.reply = message;
    else delete panel.reply;
    former?.live.end();
    if (former?.live.place) deleteMessage(this.#deps, former.live.place);
  }

  /** Follows a panel's message, without `body` one of a former run. */
  #followMessage(
    guildId: GuildId,
    messagePlace: MessagePlace,
    body: MessageBody | undefined,
    channelId: ChannelId | undefined,
  ): PanelMessage {
    const panel = this.#getPanel(guildId);
    const deps = this.#deps;
    const live: LiveMessage = new LiveMessage(
      {
        outbox: deps.outbox,
        channelId: messagePlace.channelId,
        draw: () => {
          const opened = this.#openFor(guildId, panel, message);
          return toRestBody(this.#drawContent(guildId, panel.headline, opened));
        },
        report: ({ kind }) => {
          if (kind === 'shown') return;
          live.end();
          if (panel.main === message) delete panel.main;
          if (panel.reply === message) delete panel.reply;
          // One of a former run was deleted long ago, perhaps.
          if (body)
            reportWarning(
              deps,
              guildId,
              writeSentence`it cannot be changed any more (${admitLiteral(kind)})`,
            );
        },
      },
      messagePlace,
      body && toRestBody(body),
    );
    const message: PanelMessage = { live, placeId: messagePlace.channelId, channelId };
    live.requestUpdate('panel');
    return message;
  }

  /** Opens for the readers of a message what it has to say now. Undefined while nothing is known. */
  #openFor(
    guildId: GuildId,
    { content, left }: Panel,
    { channelId, placeId }: PanelMessage,
  ): PanelContent | undefined {
    const { places } = this.#deps;
    const place = { guildId, channelId: placeId };
    if (left)
      return toLeftPanel(left.reason && findForReaders(left.reason, place, places));
    const ownId = content && getChannelId(content);
    if (!content || ownId === undefined) return undefined;
    if (channelId === undefined) return toLeftPanel();
    if (channelId === ownId) return openPanel(content, place, places);
    const channel = places.findChannel(guildId, ownId);
    return toMovedPanel(channel, placeId, places);
  }

  #drawContent(
    guildId: GuildId,
    headline: TextLine | undefined,
    content: PanelContent | undefined,
  ) {
    const { buttons, client } = this.#deps;
    return drawPanel(headline, content, getGuildLocale(client, guildId), buttons);
  }

  #findStoredPanel(guildId: GuildId) {
    return this.#deps.panelStore.read(guildId).catch(() => undefined);
  }
}

/** Finds the voice channel to which content or a reason belongs. */
function getChannelId({ owner }: Pick<Owned<unknown>, 'owner'>) {
  return owner === 'given' ? undefined : owner.channelId;
}

function listMessages(panel: Panel | undefined) {
  return [panel?.main, panel?.reply].filter((message) => message !== undefined);
}

/** Follows a message no longer once its last text is there. */
function endWhenDrawn({ live }: PanelMessage) {
  live.requestUpdate('panel');
  void live.waitUntilSettled().then(() => live.end());
}

async function storeMove(
  deps: PanelsDeps,
  guildId: GuildId,
  followedPlace: MessagePlace | 'none' | undefined,
  messagePlace: MessagePlace,
) {
  const { panelStore } = deps;
  try {
    const formerPlace = followedPlace ?? (await panelStore.read(guildId));
    await panelStore.write(guildId, messagePlace);
    if (!formerPlace || formerPlace === 'none') return;
    if (formerPlace.messageId !== messagePlace.messageId)
      deleteMessage(deps, formerPlace);
  } catch (error) {
    reportWarning(deps, guildId, admitError(error), error);
  }
}

function deleteMessage({ outbox }: PanelsDeps, messagePlace: MessagePlace) {
  void outbox
    .changeMessage(messagePlace, undefined, neverAborted)
    .catch(() => undefined);
}

function reportWarning(
  { report }: MessageDeps,
  guildId: GuildId,
  reason: LoggedText,
  cause?: unknown,
) {
  const message = writeSentence`Panel of server ${guildId}: ${reason}`;
  report({ kind: 'warning', message, guildId, cause });
}

async function clearQuestions(panel: Panel) {
  const { content, left } = panel;
  if (!content && !left) return;
  if (content)
    [panel.content = content] = content.split((opened) => [hideQuestions(opened)]);
  for (const { live } of listMessages(panel)) {
    live.requestUpdate('whole');
    await live.waitUntilSettled();
  }
}

/** Draws a panel, or the headline alone while the content is unknown. */
export function drawPanel(
  headline: TextLine | undefined,
  content: PanelContent | undefined,
  locale: Locale,
  buttons: ReadonlyMap<string, Button>,
): MessageBody {
  const { lines, rows } = content ?? {
    lines: headline ? [headline] : [],
    rows: [['stop', 'more'], consentButtons],
  };
  const hasButton = (name: string) => buttons.has(name.split(':')[0] ?? '');
  const sentences = lines.map((textLine) =>
    toOneLine(renderSentence(textLine, locale)),
  );
  return {
    ...toMessageBody(sentences.join('\n')),
    components: rows.flatMap((row) => [
      ...renderButtonRows(row.filter(hasButton), locale, buttons),
    ]),
  };
}
