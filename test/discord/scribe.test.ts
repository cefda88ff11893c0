import type { Client, MessageCreateOptions } from 'discord.js';
import { expect, test } from 'vitest';
import { openScribe } from '#src/discord/scribe.ts';
import type { Press } from '#src/session/command.ts';

/** A client that knows these channels, and what was sent there. */
function open(ids: readonly string[], panelIn?: string) {
  const sent: [string, unknown][] = [];
  const channels = ids.map((id) => {
    const send = async ({ content, components = [] }: MessageCreateOptions) =>
      sent.push(components.length > 0 ? [id, { content, components }] : [id, content]);
    return [id, { isSendable: () => true, send }] as const;
  });
  const guilds = { cache: new Map([['g', { preferredLocale: 'de' }]]) };
  const client = { channels: { cache: new Map(channels) }, guilds } as unknown as Client<true>;
  const placeIn = () => (panelIn ? { channelId: panelIn, messageId: 'm' } : undefined);
  return { sent, scribe: openScribe(client, { placeIn }, new Map([[press.name, press]])) };
}

const press: Press = {
  ...{ name: 'tool.confirm', label: 'button.confirm', look: 'main' },
  run: async () => [{ id: 'confirm.over', to: 'caller' }],
};

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

test('a question with a button is asked in the language of the server, and its words are only shown', async () => {
  const { scribe, sent } = open(['lounge']);
  const line = { id: 'tool.leave.ask', with: { name: '**Ana**', s: 60 } } as const;
  await scribe.offer(lounge, line, ['tool.confirm:a1']);
  const content = '\\*\\*Ana\\*\\*, drück innerhalb von 60 s auf Bestätigen, dann gehe ich.';
  const button = expect.objectContaining({
    custom_id: 'parley:tool.confirm:a1',
    label: 'Bestätigen',
  });
  const row = expect.objectContaining({ components: [button] });
  expect(sent).toEqual([['lounge', { content, components: [row] }]]);
});
