import type { Sandbox } from '#sandbox/sandbox.ts';
import { toMessageId } from '#src/base/ids.ts';
import { openSilentSandbox as open } from '#test/sandbox/voice/silent-voice.ts';
import { sendRequest } from './raw-bot.ts';

function messagesOf(sandbox: Sandbox, channel = 'general') {
  return `/channels/${sandbox.channelId(channel)}/messages`;
}

/** Writes as the bot, and tells the status, Discord's own code, and the id. */
async function writeMessage(sandbox: Sandbox, body: object, channel?: string) {
  const { status, json } = await sendRequest(sandbox, messagesOf(sandbox, channel), {
    body,
  });
  return { status, code: json?.code, id: String(json?.id) };
}

test('the bot writes only where its rights let it, and in the chat of a voice channel it may enter', async () => {
  await using sandbox = await open();
  const guild = sandbox.guild();
  const embed = { embeds: [{ title: 'x' }] };
  guild.permit('general', 'Nova', { deny: ['embedLinks'] });
  expect(await writeMessage(sandbox, embed)).toMatchObject({
    status: 403,
    code: 50_013,
  });
  expect(await writeMessage(sandbox, { content: 'x' })).toMatchObject({ status: 200 });
  guild.permit('general', 'Nova', { deny: ['sendMessages'] });
  expect(await writeMessage(sandbox, { content: 'x' })).toMatchObject({
    status: 403,
    code: 50_013,
  });
  guild.permit('general', 'Nova', { deny: ['viewChannel'] });
  expect(await writeMessage(sandbox, { content: 'x' })).toMatchObject({
    status: 403,
    code: 50_001,
  });
  expect(await writeMessage(sandbox, { content: 'x' }, 'Lounge')).toMatchObject({
    status: 200,
  });
  guild.permit('Lounge', 'Nova', { deny: ['connect'] });
  expect(await writeMessage(sandbox, { content: 'x' }, 'Lounge')).toMatchObject({
    code: 50_001,
  });
});

test('whom a message would ring for is told, whatever allowed_mentions let through', async () => {
  await using sandbox = await open();
  const adam = sandbox.person('Adam');
  const dj = sandbox.guild().addRole('DJ');
  const content = `@everyone <@${adam.id}> <@&${dj}>`;
  const listPings = async (allowed_mentions?: object) => {
    const { id } = await writeMessage(sandbox, { content, allowed_mentions });
    return sandbox.message(toMessageId(id))?.pings;
  };
  expect(await listPings()).toEqual(['@everyone', '@Adam', '@DJ']);
  expect(await listPings({ parse: [] })).toEqual([]);
  expect(await listPings({ parse: ['roles'] })).toEqual(['@DJ']);
  expect(await listPings({ parse: [], users: [adam.id] })).toEqual(['@Adam']);
  expect(
    sandbox
      .requests()
      .map(({ body }) => body)
      .at(-1),
  ).toMatchObject({
    allowed_mentions: { parse: [], users: [adam.id] },
  });
  sandbox.guild().setRole('@everyone', ['viewChannel', 'sendMessages']);
  expect(await listPings()).toEqual(['@Adam']);
});

const malformed = { status: 400, code: 50_035 };
const rowOf = (...components: readonly object[]) => ({
  content: 'x',
  components: [{ type: 1, components }],
});
const button = { type: 2, style: 1, custom_id: 'a', label: 'x' };
const menu = { type: 3, custom_id: 'm', options: [{ label: 'a', value: 'a' }] };

test.each([
  [
    "a field that Discord's published description does not name",
    { content: 'x', colour: 1 },
  ],
  ['a field of another type', { content: 'x', flags: 'all' }],
  [
    'a text longer than the description lets it be',
    rowOf({ ...button, label: 'x'.repeat(81) }),
  ],
  ['a number below its range', rowOf({ ...menu, max_values: 0 })],
  ['a number above its range', rowOf({ ...menu, max_values: 26 })],
  ['a custom id that stands twice', rowOf(button, button)],
  ['two menus in a row', rowOf(menu, { ...menu, custom_id: 'n' })],
  ['a menu that takes more than it offers', rowOf({ ...menu, max_values: 2 })],
])('%s is refused', async (_, body) => {
  await using sandbox = await open();
  expect(await writeMessage(sandbox, body)).toMatchObject(malformed);
});

test('the longest text and the largest number that the description allows are taken', async () => {
  await using sandbox = await open();
  const options = Array.from({ length: 25 }, (_, n) => ({ label: 'a', value: `${n}` }));
  const longest = rowOf({ ...button, label: 'x'.repeat(80) });
  for (const body of [longest, rowOf({ ...menu, options, max_values: 25 })]) {
    expect(await writeMessage(sandbox, body)).toMatchObject({ status: 200 });
  }
});
