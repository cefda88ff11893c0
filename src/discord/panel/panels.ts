import type { Client } from 'discord.js';
import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import { getErrorMessage } from '#src/base/errors.ts';
import {
  type MessageBody,
  type MessageDeps,
  renderButtonRows,
  renderSentence,
  toMessageBody,
} from '#src/discord/interactions/rendering.ts';
import {
  createLiveMessage,
  type LiveMessage,
} from '#src/discord/outbox/live-message.ts';
import { type Outbox, toRestBody } from '#src/discord/outbox/outbox.ts';
import { localeIn } from '#src/discord/places.ts';
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

export type PanelOptions = MessageDeps & {
  readonly client: Client<true>;
  readonly panelStore: PanelStore;
  readonly outbox: Outbox;
  readonly statuses: Pick<VoiceStatuses, 'show'>;
};

type Panel = {
  face?: PanelContent;
  head?: TextLine;
  message?: LiveMessage;
  storing: Promise<void>;
};

/** Keeps a bot in many servers within its rate limit. */
const wakeMs = 250;

/** One message in each server that follows the state of the bot. */
export class Panels implements PanelBoard {
  readonly #options;
  readonly #panels = new Map<string, Panel>();
  #isClosed = false;

  constructor(options: PanelOptions) {
    this.#options = options;
  }

  show(guildId: GuildId, face: PanelContent) {
    const panel = this.#getPanel(guildId);
    panel.face = face;
    panel.message?.requestUpdate('panel');
    this.#options.statuses.show(guildId, face.status);
  }

  renderPanel(guildId: GuildId, head: TextLine): MessageBody {
    const face = this.#panels.get(guildId)?.face;
    return this.#drawPanel(guildId, head, isHere(face) ? face : undefined);
  }

  /** Makes this message the panel, and deletes the former one. */
  putPanel(guildId: GuildId, place: MessagePlace, head: TextLine, shown: MessageBody) {
    const panel = this.#getPanel(guildId);
    const former = panel.message?.place;
    panel.message?.end();
    panel.head = head;
    if (!isHere(panel.face)) delete panel.face;
    this.#followMessage(guildId, place, shown);
    panel.storing = panel.storing.then(() => this.#moved(guildId, former, place));
  }

  async postPanel(
    { channelId, guildId, name }: ChannelRef,
    head: TextLine,
  ): Promise<boolean> {
    const shown = this.renderPanel(guildId, head);
    try {
      const { id } = await this.#options.outbox.post(
        channelId,
        toRestBody(shown),
        neverAborted,
      );
      this.putPanel(guildId, { channelId, messageId: id }, head, shown);
      return true;
    } catch (cause) {
      const why = `${getErrorMessage(cause)}. May the bot send messages there?`;
      this.#warn(guildId, `no panel could be posted in ${name}: ${why}`, cause);
      return false;
    }
  }

  /** Shows on panels of a former run that the bot has left. */
  async resumePanels(guildIds: readonly GuildId[]) {
    for (const guildId of guildIds) {
      const place = await this.#onStored(guildId);
      if (this.#isClosed) return;
      if (!place || this.#panels.has(guildId)) continue;
      this.#getPanel(guildId).face = toLeftPanel();
      this.#followMessage(guildId, place);
      await new Promise<void>((resolve) => this.#options.timing.later(wakeMs, resolve));
    }
  }

  async takeOverPanel(guildId: GuildId): Promise<boolean> {
    const panel = this.#getPanel(guildId);
    const known = panel.message?.place ?? (await this.#onStored(guildId));
    if (this.#isClosed || !known || this.#panels.get(guildId) !== panel) return false;
    if (panel.message) panel.message.requestUpdate('panel');
    else this.#followMessage(guildId, known);
    return true;
  }

  async forgetPanel(guildId: GuildId) {
    const panel = this.#panels.get(guildId);
    panel?.message?.end();
    await panel?.storing;
    this.#panels.delete(guildId);
  }

  placeIn(guildId: GuildId): MessagePlace | undefined {
    return this.#panels.get(guildId)?.message?.place;
  }

  /** Removes words of people from the panels within `ms`. */
  async close(ms: number) {
    this.#isClosed = true;
    const cleared = [...this.#panels.values()].map(async (panel) => {
      if (!panel.face) return;
      // Words that a person said go.
      const lines = panel.face.lines.filter(({ id }) => id !== 'panel.heard');
      panel.face = { ...panel.face, lines };
      panel.message?.requestUpdate('whole');
      await panel.message?.waitUntilSettled();
    });
    await waitAtMost(Promise.all(cleared), ms, this.#options.timing, neverAborted);
    for (const { message } of this.#panels.values()) message?.end();
  }

  #getPanel(guildId: GuildId) {
    const panel = this.#panels.get(guildId) ?? { storing: Promise.resolve() };
    this.#panels.set(guildId, panel);
    return panel;
  }

  /** Follows a panel's message, without `shown` one of a former run. */
  #followMessage(guildId: GuildId, place: MessagePlace, shown?: MessageBody) {
    const panel = this.#getPanel(guildId);
    const { channelId } = place;
    const message = createLiveMessage(
      {
        outbox: this.#options.outbox,
        channelId,
        draw: () => toRestBody(this.#drawPanel(guildId, panel.head, panel.face)),
        report: ({ kind }) => {
          if (kind === 'shown') return;
          message.end();
          if (panel.message === message) delete panel.message;
          // One of a former run was deleted long ago, perhaps.
          if (shown) this.#warn(guildId, `it cannot be changed any more (${kind})`);
        },
      },
      place,
      shown && toRestBody(shown),
    );
    panel.message = message;
    message.requestUpdate('panel');
  }

  #drawPanel(
    guildId: GuildId,
    head: TextLine | undefined,
    face: PanelContent | undefined,
  ) {
    const { buttons, client } = this.#options;
    return drawPanel(head, face, localeIn(client, guildId), buttons);
  }

  #onStored(guildId: GuildId) {
    return this.#options.panelStore.read(guildId).catch(() => undefined);
  }

  async #moved(guildId: GuildId, known: MessagePlace | undefined, place: MessagePlace) {
    const { panelStore } = this.#options;
    try {
      const former = known ?? (await panelStore.read(guildId));
      await panelStore.write(guildId, place);
      if (former && former.messageId !== place.messageId)
        void this.#options.outbox
          .changeMessage(former, undefined, neverAborted)
          .catch(() => undefined);
    } catch (error) {
      this.#warn(guildId, getErrorMessage(error), error);
    }
  }

  #warn(guildId: GuildId, why: string, cause?: unknown) {
    const message = `Panel of server ${guildId}: ${why}`;
    this.#options.report({ kind: 'warning', message, guildId, cause });
  }
}

function isHere(face: PanelContent | undefined) {
  return face?.isLeft !== true;
}

/** Draws a panel, or `head` while the content is unknown. */
export function drawPanel(
  head: TextLine | undefined,
  face: PanelContent | undefined,
  locale: Locale,
  buttons: ReadonlyMap<string, Button>,
): MessageBody {
  const { lines, rows } = face ?? {
    lines: head ? [head] : [],
    rows: [['stop', 'more'], consentButtons],
  };
  const isKnown = (name: string) => buttons.has(name.split(':')[0] ?? '');
  const content = lines
    .map((line) => toOneLine(renderSentence(line, locale)))
    .join('\n');
  return {
    ...toMessageBody(content),
    components: rows.flatMap((row) => [
      ...renderButtonRows(row.filter(isKnown), locale, buttons),
    ]),
  };
}
