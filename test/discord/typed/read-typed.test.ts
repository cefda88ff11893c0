import { expect, test } from 'vitest';
import { readTyped } from '#src/discord/typed/typed-messages.ts';
import { fc } from '#test/properties.ts';

const botId = '900';
const adam = { id: '1', username: 'adam', global_name: 'Adam' };
const bot = { id: botId, username: 'Nova', global_name: null };

/** A message of Adam as the gateway tells it. */
function message(over: object = {}) {
  return {
    id: '7',
    channel_id: '5',
    guild_id: '3',
    type: 0,
    author: adam,
    content: 'Hello there.',
    mentions: [],
    ...over,
  };
}

test('a message is read with its place, its author by the name people see, and its text', () => {
  expect(readTyped(message({ member: { nick: 'Addi', roles: ['8'] } }), botId)).toEqual({
    guildId: '3',
    channelId: '5',
    messageId: '7',
    author: { id: '1', name: 'Addi', isBot: false, roleIds: ['8'] },
    isWebhook: false,
    isMention: false,
    text: 'Hello there.',
  });
});

test.each([
  [
    'a mention of the bot',
    message({ content: `<@${botId}> what time?`, mentions: [bot] }),
    'what time?',
  ],
  [
    'one in the middle',
    message({ content: `hey <@!${botId}> what time?`, mentions: [bot] }),
    'hey what time?',
  ],
  [
    'a reply that pings it',
    message({ type: 19, content: 'And now?', mentions: [bot] }),
    'And now?',
  ],
])('%s is meant for it, and is not part of the text', (_, reported, text) => {
  expect(readTyped(reported, botId)).toMatchObject({ isMention: true, text });
});

test('other people are named in the text as they are called', () => {
  const reported = message({ content: '<@2> and <@9>?', mentions: [{ id: '2', username: 'eva' }] });
  expect(readTyped(reported, botId)).toMatchObject({ isMention: false, text: 'eva and <@9>?' });
});

test('webhooks and bots are told as such', () => {
  expect(readTyped(message({ webhook_id: '8' }), botId)?.isWebhook).toBe(true);
  const other = { ...adam, bot: true };
  expect(readTyped(message({ author: other }), botId)?.author.isBot).toBe(true);
});

test.each([
  ['its own', message({ author: bot })],
  ['that somebody joined', message({ type: 7 })],
  ['outside of servers', message({ guild_id: undefined })],
  ['without an author', message({ author: undefined })],
])('a message %s is none', (_, reported) => {
  expect(readTyped(reported, botId)).toBeUndefined();
});

test('nothing that a gateway may send makes it throw', () => {
  fc.assert(
    fc.property(fc.anything(), fc.dictionary(fc.string(), fc.anything()), (any, fields) => {
      readTyped(any, botId);
      const reported = readTyped(message(fields), botId);
      expect(reported === undefined || typeof reported.text === 'string').toBe(true);
    }),
  );
});

test.each([
  ['nothing at all', { content: '' }, true],
  ['emptied lists', { content: '', attachments: [], embeds: [], components: [] }, true],
  ['a picture', { content: '', attachments: [{ id: '1' }] }, undefined],
  ['a sticker', { content: '', sticker_items: [{ id: '1' }] }, undefined],
  ['a poll', { content: '', poll: {} }, undefined],
  ['a message that was forwarded', { content: '', message_snapshots: [{}] }, undefined],
  ['words', { content: 'Hi' }, undefined],
])('a message with %s is known as one that Discord hides, or not', (_, over, isHidden) => {
  expect(readTyped(message(over), botId)?.isHidden).toBe(isHidden);
});
