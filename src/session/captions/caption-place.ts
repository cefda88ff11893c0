import { wallTimesIn } from '#src/captions/files/wall-time.ts';
import type { SessionContext } from '#src/session/context.ts';
import { failureOf } from '#src/session/failure.ts';
import { writtenText } from '#src/session/localized-text.ts';
import type { CaptionChat } from '#src/session/ports/caption-chats.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';

export type CaptionPlace =
  | { readonly kind: 'open'; readonly chat: CaptionChat }
  | { readonly kind: 'failed'; readonly line: TextLine };

/**
 * The chat of the voice channel, or a thread of this session in the channel that the server has set: `formerId`, where that
 * is still one. Never throws.
 */
export async function openPlace(
  { channel, parts, settings }: SessionContext,
  formerId: string | undefined,
  signal: AbortSignal,
): Promise<CaptionPlace> {
  const { captionsChannelId: inChannelId, timeZone } = settings();
  const date = wallTimesIn(timeZone).day(parts.clock.wallMs());
  const named = { channel: channel.name, date };
  const name = writtenText({ id: 'captions.thread', with: named }, channel.guildId, parts);
  const thread = inChannelId === undefined ? undefined : { inChannelId, name, formerId };
  try {
    return { kind: 'open', chat: await parts.captionChats.open(channel, thread, signal) };
  } catch (error) {
    if (!signal.aborted) parts.onEvent(channel.guildId, failureOf(error, 'store'));
    const place = inChannelId === undefined ? channel.name : addressOf(channel, inChannelId);
    const id = inChannelId === undefined ? 'captions.no_place' : 'captions.no_thread';
    return { kind: 'failed', line: { id, with: { place } } };
  }
}

function addressOf({ guildId }: ChannelRef, channelId: string): string {
  return `https://discord.com/channels/${guildId}/${channelId}`;
}
