import type { Client } from 'discord.js';
import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import { getErrorMessage } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
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
import {
  type PanelBoard,
  type PanelContent,
  type PanelStore,
  toLeftPanel,
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
  readonly statuses: Pick<VoiceStatuses, 'show'>;
};

type Panel = {
  content?: PanelContent;
  headline?: TextLine;
  message?: LiveMessage;
  storing: Promise<void>;
};

/** Keeps a bot in many servers within its rate limit. */
const wakeMs = 250;

/** One message in each server that follows the state of the bot. */
export class Panels implements PanelBoard {
  readonly #deps;
  readonly #panels = new Map<GuildId, Panel>();
  #isClosed = false;

  constructor(deps: PanelsDeps) {
    this.#deps = deps;
  }

  /** Shows content on the panel and as voice channel status, or keeps it for a later panel. */
  show(guildId: GuildId, content: PanelContent): void {
    const panel = this.#getPanel(guildId);
    panel.content = content;
    panel.message?.requestUpdate('panel');
    this.#deps.statuses.show(guildId, content.status);
  }

  /** Renders the panel that a reply becomes. Pass the posted reply to `putPanel`. */
  renderPanel(guildId: GuildId, headline: TextLine): MessageBody {
    const content = this.#panels.get(guildId)?.content;
    return this.#drawContent(guildId, headline, isHere(content) ? content : undefined);
  }

  /** Makes this message the panel, and deletes the former one. Stores the place later. */
  putPanel(
    guildId: GuildId,
    messagePlace: MessagePlace,
    headline: TextLine,
    body: MessageBody,
  ): void {
    const panel = this.#getPanel(guildId);
    const formerPlace = panel.message?.place;
    panel.message?.end();
    panel.headline = headline;
    if (!isHere(panel.content)) delete panel.content;
    this.#followMessage(guildId, messagePlace, body);
    panel.storing = panel.storing.then(() =>
      storeMove(this.#deps, guildId, formerPlace, messagePlace),
    );
  }

  /** Posts a panel in place of a former one. Returns false if it was not sent. Never throws. */
  async postPanel(
    { channelId, guildId, name }: ChannelRef,
    headline: TextLine,
  ): Promise<boolean> {
    const body = this.renderPanel(guildId, headline);
    try {
      const { id } = await this.#deps.outbox.post(
        channelId,
        toRestBody(body),
        neverAborted,
      );
      this.putPanel(guildId, { channelId, messageId: id }, headline, body);
      return true;
    } catch (cause) {
      const reason = `${getErrorMessage(cause)}. May the bot send messages there?`;
      const message = `no panel could be posted in ${name}: ${reason}`;
      reportWarning(this.#deps, guildId, message, cause);
      return false;
    }
  }

  /** Shows on panels of a former run that the bot has left, one after the other. */
  async resumePanels(guildIds: readonly GuildId[]): Promise<void> {
    for (const guildId of guildIds) {
      const messagePlace = await this.#findStoredPanel(guildId);
      if (this.#isClosed) return;
      if (!messagePlace || this.#panels.has(guildId)) continue;
      this.#getPanel(guildId).content = toLeftPanel();
      this.#followMessage(guildId, messagePlace);
      await new Promise<void>((resolve) => this.#deps.timing.later(wakeMs, resolve));
    }
  }

  /** Continues a panel of a former run. Returns false if there is none. Never throws. */
  async takeOverPanel(guildId: GuildId): Promise<boolean> {
    const panel = this.#getPanel(guildId);
    const messagePlace = panel.message?.place ?? (await this.#findStoredPanel(guildId));
    if (this.#isClosed || !messagePlace || this.#panels.get(guildId) !== panel)
      return false;
    if (panel.message) panel.message.requestUpdate('panel');
    else this.#followMessage(guildId, messagePlace);
    return true;
  }

  /** Follows the panel no longer, once its place is stored. The message stays. */
  async forgetPanel(guildId: GuildId): Promise<void> {
    const panel = this.#panels.get(guildId);
    panel?.message?.end();
    await panel?.storing;
    this.#panels.delete(guildId);
  }

  /** Returns the place of the panel. Undefined until one is followed. */
  placeIn(guildId: GuildId): MessagePlace | undefined {
    return this.#panels.get(guildId)?.message?.place;
  }

  /** Removes words of people from the panels within `ms`, and follows none any more. */
  async close(ms: number): Promise<void> {
    this.#isClosed = true;
    const clearing = Promise.all([...this.#panels.values()].map(clearHeardWords));
    await waitAtMost(clearing, ms, this.#deps.timing, neverAborted);
    for (const { message } of this.#panels.values()) message?.end();
  }

  #getPanel(guildId: GuildId) {
    const panel: Panel = this.#panels.get(guildId) ?? { storing: Promise.resolve() };
    this.#panels.set(guildId, panel);
    return panel;
  }

  /** Follows a panel's message, without `body` one of a former run. */
  #followMessage(guildId: GuildId, messagePlace: MessagePlace, body?: MessageBody) {
    const panel = this.#getPanel(guildId);
    const deps = this.#deps;
    const message = new LiveMessage(
      {
        outbox: deps.outbox,
        channelId: messagePlace.channelId,
        draw: () =>
          toRestBody(this.#drawContent(guildId, panel.headline, panel.content)),
        report: ({ kind }) => {
          if (kind === 'shown') return;
          message.end();
          if (panel.message === message) delete panel.message;
          // One of a former run was deleted long ago, perhaps.
          if (body)
            reportWarning(deps, guildId, `it cannot be changed any more (${kind})`);
        },
      },
      messagePlace,
      body && toRestBody(body),
    );
    panel.message = message;
    message.requestUpdate('panel');
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

async function storeMove(
  deps: PanelsDeps,
  guildId: GuildId,
  followedPlace: MessagePlace | undefined,
  messagePlace: MessagePlace,
) {
  const { outbox, panelStore } = deps;
  try {
    const formerPlace = followedPlace ?? (await panelStore.read(guildId));
    await panelStore.write(guildId, messagePlace);
    if (formerPlace && formerPlace.messageId !== messagePlace.messageId)
      void outbox
        .changeMessage(formerPlace, undefined, neverAborted)
        .catch(() => undefined);
  } catch (error) {
    reportWarning(deps, guildId, getErrorMessage(error), error);
  }
}

function reportWarning(
  { report }: MessageDeps,
  guildId: GuildId,
  reason: string,
  cause?: unknown,
) {
  const message = `Panel of server ${guildId}: ${reason}`;
  report({ kind: 'warning', message, guildId, cause });
}

async function clearHeardWords(panel: Panel) {
  if (!panel.content) return;
  const lines = panel.content.lines.filter(({ id }) => id !== 'panel.heard');
  panel.content = { ...panel.content, lines };
  panel.message?.requestUpdate('whole');
  await panel.message?.waitUntilSettled();
}

function isHere(content: PanelContent | undefined) {
  return content?.isLeft !== true;
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
