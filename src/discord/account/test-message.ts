import { Routes } from 'discord.js';
import { z } from 'zod';
import type { ChannelId } from '#src/base/ids.ts';
import { type AccountRest, identifiedSchema } from './account-rest.ts';

const deleteMs = 5_000;

/** Posts, changes and always deletes a message. Throws as `AccountRest.read` does. */
export async function tryMessage(
  rest: AccountRest,
  channelId: ChannelId,
  content: string,
  signal: AbortSignal,
): Promise<void> {
  const { id } = await rest.send(
    'post',
    Routes.channelMessages(channelId),
    { content },
    identifiedSchema,
    signal,
  );
  const route = Routes.channelMessage(channelId, id);
  try {
    await rest.send('patch', route, { content: `${content} (2)` }, z.unknown(), signal);
  } finally {
    await rest.send('delete', route, {}, z.unknown(), AbortSignal.timeout(deleteMs));
  }
}
