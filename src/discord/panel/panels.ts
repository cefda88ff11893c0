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
import {
  createLiveMessage,
  type LiveMessage,
} from '#src/discord/outbox/live-message.ts';
import { type Outbox, toRestBody } from '#src/discord/outbox/outbox.ts';
import { localeIn } from '#src/discord/places.ts';
import type { Button } from '#src/features/command.ts';
import { type PanelContent, type PanelStore, toLeftPanel } from '#src/ports/panel.ts';
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
  content?: PanelContent;
  head?: TextLine;
  message?: LiveMessage;
  storing: Promise<void>;
};

/** Keeps a bot in many servers within its rate limit. */
const wakeMs = 250;

export type Panels = ReturnType<typeof createPanels>;

/** One message in each server that follows the state of the bot. */
export function createPanels(options: PanelOptions) {
  const panels = new Map<string, Panel>();
  let isClosed = false;

  function renderPanel(guildId: GuildId, head: TextLine): MessageBody {
    const content = panels.get(guildId)?.content;
    return drawContent(guildId, head, isHere(content) ? content : undefined);
  }

  /** Makes this message the panel, and deletes the former one. */
  function putPanel(
    guildId: GuildId,
    place: MessagePlace,
    head: TextLine,
    shown: MessageBody,
  ) {
    const panel = getPanel(guildId);
    const former = panel.message?.place;
    panel.message?.end();
    panel.head = head;
    if (!isHere(panel.content)) delete panel.content;
    followMessage(guildId, place, shown);
    panel.storing = panel.storing.then(() =>
      storeMove(options, guildId, former, place),
    );
  }

  function getPanel(guildId: GuildId) {
    const panel = panels.get(guildId) ?? { storing: Promise.resolve() };
    panels.set(guildId, panel);
    return panel;
  }

  /** Follows a panel's message, without `shown` one of a former run. */
  function followMessage(guildId: GuildId, place: MessagePlace, shown?: MessageBody) {
    const panel = getPanel(guildId);
    const { channelId } = place;
    const message = createLiveMessage(
      {
        outbox: options.outbox,
        channelId,
        draw: () => toRestBody(drawContent(guildId, panel.head, panel.content)),
        report: ({ kind }) => {
          if (kind === 'shown') return;
          message.end();
          if (panel.message === message) delete panel.message;
          // One of a former run was deleted long ago, perhaps.
          if (shown) warn(options, guildId, `it cannot be changed any more (${kind})`);
        },
      },
      place,
      shown && toRestBody(shown),
    );
    panel.message = message;
    message.requestUpdate('panel');
  }

  function drawContent(
    guildId: GuildId,
    head: TextLine | undefined,
    content: PanelContent | undefined,
  ) {
    const { buttons, client } = options;
    return drawPanel(head, content, localeIn(client, guildId), buttons);
  }

  function findStoredPanel(guildId: GuildId) {
    return options.panelStore.read(guildId).catch(() => undefined);
  }

  return {
    show(guildId: GuildId, content: PanelContent) {
      const panel = getPanel(guildId);
      panel.content = content;
      panel.message?.requestUpdate('panel');
      options.statuses.show(guildId, content.status);
    },
    renderPanel,
    putPanel,
    async postPanel(
      { channelId, guildId, name }: ChannelRef,
      head: TextLine,
    ): Promise<boolean> {
      const shown = renderPanel(guildId, head);
      try {
        const { id } = await options.outbox.post(
          channelId,
          toRestBody(shown),
          neverAborted,
        );
        putPanel(guildId, { channelId, messageId: id }, head, shown);
        return true;
      } catch (cause) {
        const why = `${getErrorMessage(cause)}. May the bot send messages there?`;
        warn(options, guildId, `no panel could be posted in ${name}: ${why}`, cause);
        return false;
      }
    },
    /** Shows on panels of a former run that the bot has left. */
    async resumePanels(guildIds: readonly GuildId[]) {
      for (const guildId of guildIds) {
        const place = await findStoredPanel(guildId);
        if (isClosed) return;
        if (!place || panels.has(guildId)) continue;
        getPanel(guildId).content = toLeftPanel();
        followMessage(guildId, place);
        await new Promise<void>((resolve) => options.timing.later(wakeMs, resolve));
      }
    },
    async takeOverPanel(guildId: GuildId): Promise<boolean> {
      const panel = getPanel(guildId);
      const known = panel.message?.place ?? (await findStoredPanel(guildId));
      if (isClosed || !known || panels.get(guildId) !== panel) return false;
      if (panel.message) panel.message.requestUpdate('panel');
      else followMessage(guildId, known);
      return true;
    },
    async forgetPanel(guildId: GuildId) {
      const panel = panels.get(guildId);
      panel?.message?.end();
      await panel?.storing;
      panels.delete(guildId);
    },
    placeIn(guildId: GuildId): MessagePlace | undefined {
      return panels.get(guildId)?.message?.place;
    },
    /** Removes words of people from the panels within `ms`. */
    async close(ms: number) {
      isClosed = true;
      const cleared = Promise.all([...panels.values()].map(clearHeardWords));
      await waitAtMost(cleared, ms, options.timing, neverAborted);
      for (const { message } of panels.values()) message?.end();
    },
  };
}

async function storeMove(
  options: PanelOptions,
  guildId: GuildId,
  known: MessagePlace | undefined,
  place: MessagePlace,
) {
  const { outbox, panelStore } = options;
  try {
    const former = known ?? (await panelStore.read(guildId));
    await panelStore.write(guildId, place);
    if (former && former.messageId !== place.messageId)
      void outbox.changeMessage(former, undefined, neverAborted).catch(() => undefined);
  } catch (error) {
    warn(options, guildId, getErrorMessage(error), error);
  }
}

function warn({ report }: MessageDeps, guildId: GuildId, why: string, cause?: unknown) {
  const message = `Panel of server ${guildId}: ${why}`;
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

/** Draws a panel, or `head` while the content is unknown. */
export function drawPanel(
  head: TextLine | undefined,
  content: PanelContent | undefined,
  locale: Locale,
  buttons: ReadonlyMap<string, Button>,
): MessageBody {
  const { lines, rows } = content ?? {
    lines: head ? [head] : [],
    rows: [['stop', 'more'], consentButtons],
  };
  const hasButton = (name: string) => buttons.has(name.split(':')[0] ?? '');
  const text = lines.map((line) => toOneLine(renderSentence(line, locale))).join('\n');
  return {
    ...toMessageBody(text),
    components: rows.flatMap((row) => [
      ...renderButtonRows(row.filter(hasButton), locale, buttons),
    ]),
  };
}
