import { type Client, Routes } from 'discord.js';
import { messageOf } from '#src/base/errors.ts';
import { fieldsOf } from '#src/base/json.ts';
import type { PanelBoard } from '#src/conversation/ports/panel.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { newNonce } from '#src/discord/nonce.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Outbox } from './outbox.ts';
import type { PanelReplies } from './panels.ts';

/** Panels, by which people see the state of the bot. */
export function openBoard(
  client: Client<true>,
  { panels, outbox, report }: BoardParts & { readonly panels: PanelReplies },
): PanelBoard {
  return {
    show: (guildId, face) => panels.show(guildId, face),
    takeOver: (guildId, head) => panels.takeOver(guildId, head),
    post: (channel, head) => postPanel(client, { panels, outbox, report }, channel, head),
    placeIn: (guildId) => panels.placeIn(guildId),
    forget: (guildId) => panels.forget(guildId),
  };
}

type BoardParts = {
  readonly panels: Pick<PanelReplies, 'dressed' | 'put'>;
  readonly outbox: Pick<Outbox, 'put'>;
  readonly report: (event: DiscordEvent) => void;
};

/** Posts the panel in the chat of a voice channel, where no command became it; false where it cannot. Never throws. */
async function postPanel(
  client: Client<true>,
  { outbox, panels, report }: BoardParts,
  { channelId, guildId, name }: ChannelRef,
  head: TextLine,
): Promise<boolean> {
  const message = panels.dressed(guildId, head);
  const { allowedMentions, ...rest } = message;
  const body = {
    ...rest,
    allowed_mentions: allowedMentions,
    nonce: newNonce(),
    enforce_nonce: true,
  };
  let made: unknown;
  const send = async (signal: AbortSignal) => {
    made = await client.rest.post(Routes.channelMessages(channelId), { body, signal });
  };
  try {
    await outbox.put(channelId, send, never);
  } catch (cause) {
    const why = messageOf(cause);
    const text = `Server ${guildId}: no panel could be posted in ${name}: ${why}. May the bot send messages there?`;
    report({ kind: 'warning', message: text, guildId, cause });
    return false;
  }
  const { id: messageId } = fieldsOf(made);
  if (typeof messageId !== 'string') return false;
  panels.put(guildId, { channelId, messageId }, head, message);
  return true;
}

const never = new AbortController().signal;
