import type { Client } from 'discord.js';
import { expect, test } from 'vitest';
import { openScribe } from '#src/discord/scribe.ts';

/** A client that knows these channels, and what was sent there. */
function open(ids: readonly string[], panelIn?: string) {
  const sent: [string, unknown][] = [];
  const channels = ids.map((id) => {
    const send = async ({ content }: { content: string }) => sent.push([id, content]);
    return [id, { isSendable: () => true, send }] as const;
  });
  const client = { channels: { cache: new Map(channels) } } as unknown as Client<true>;
  const placeIn = () => (panelIn ? { channelId: panelIn, messageId: 'm' } : undefined);
  return { sent, scribe: openScribe(client, { placeIn }, new Map()) };
}

const lounge = { guildId: 'g', channelId: 'lounge', name: 'Lounge' };

test('what cannot be spoken is written in the chat of the voice channel', async () => {
  const { scribe, sent } = open(['lounge', 'general'], 'general');
  await scribe.write(lounge, 'Hello @everyone.');
  expect(sent).toEqual([['lounge', 'Hello @\u200beveryone.']]);
});

test('where the channel is gone it is written beside the panel', async () => {
  const { scribe, sent } = open(['general'], 'general');
  await scribe.write(lounge, 'The channel was removed.');
  expect(sent).toEqual([['general', 'The channel was removed.']]);
});

test.each([undefined, 'lounge'])('with nowhere to write the operator is told', async (panelIn) => {
  const { scribe } = open([], panelIn);
  await expect(scribe.write(lounge, 'Hello.')).rejects.toMatchObject({ code: 'discord.forbidden' });
});
