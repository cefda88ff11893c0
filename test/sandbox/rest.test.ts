import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { toMessageId } from '#src/base/ids.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  openSilentSandbox as open,
  openSilentVoice,
} from '#test/sandbox/voice/silent-voice.ts';
import { identifyBot, sendRequest } from './raw-bot.ts';

const openRestSandbox = (clock?: VirtualClock) =>
  openSandbox({ voice: openSilentVoice().half, ...(clock ? { clock } : {}) });

/** Adam issued `/join`: where the bot calls back, and where it follows up. */
async function joinIssued(sandbox: Sandbox) {
  const commands = `/applications/${sandbox.botId}/commands`;
  await sendRequest(sandbox, commands, {
    method: 'PUT',
    body: [{ name: 'join', description: 'Call me' }],
  });
  using bot = await identifyBot(sandbox);
  const interaction = sandbox.person('Adam').command('join');
  const { token } = await bot.event('INTERACTION_CREATE');
  const callback = `/interactions/${interaction.id}/${token}/callback`;
  return { interaction, callback, webhook: `/webhooks/${sandbox.botId}/${token}` };
}

test('a body that is no JSON, too long or of the wrong shape is refused, and logged', async () => {
  await using sandbox = await openRestSandbox();
  const path = `/channels/${sandbox.channelId('general')}/messages`;
  const tooLong = 'x'.repeat(11 * 1024 * 1024);
  const codes = [];
  for (const body of [
    '{',
    tooLong,
    { content: 5 },
    { content: 'x'.repeat(2001) },
    {},
  ]) {
    codes.push((await sendRequest(sandbox, path, { body })).json?.code);
  }
  expect(codes).toEqual([50_109, 40_005, 50_035, 50_035, 50_006]);
  expect(sandbox.requests().map(({ status }) => status)).toEqual([
    400, 413, 400, 400, 400,
  ]);
});

test('a follow-up before the callback finds no webhook, and after 15 minutes its token counts no more', async () => {
  const clock = new VirtualClock();
  await using sandbox = await openRestSandbox(clock);
  const { callback, webhook } = await joinIssued(sandbox);
  const unknown = { status: 404, json: { code: 10_015 } };
  const followUp = () => sendRequest(sandbox, webhook, { body: { content: 'and' } });
  expect(await followUp()).toMatchObject(unknown);
  await sendRequest(sandbox, callback, { body: { type: 4, data: { content: 'now' } } });
  expect(await followUp()).toMatchObject({ status: 200 });
  await clock.advance(15 * 60_000);
  const expired = {
    status: 401,
    json: { code: 50_027, message: 'Invalid Webhook Token' },
  };
  expect(await followUp()).toMatchObject(expired);
  const edit = { method: 'PATCH', body: { content: 'then' } };
  expect(
    await sendRequest(sandbox, `${webhook}/messages/@original`, edit),
  ).toMatchObject(expired);
});

test('a value that its option does not take is refused before the bot is told', async () => {
  await using sandbox = await openRestSandbox();
  const options = [{ name: 'level', description: 'x', type: 4 }];
  const path = `/applications/${sandbox.botId}/commands`;
  await sendRequest(sandbox, path, {
    method: 'PUT',
    body: [{ name: 'play', description: 'x', options }],
  });
  const typePlay = () => sandbox.person('Adam').command('play', { level: '1.5' });
  expect(typePlay).toThrow('/play cannot take 1.5 for level.');
});

test('commands that Discord would refuse are refused', async () => {
  await using sandbox = await openRestSandbox();
  const path = `/applications/${sandbox.botId}/commands`;
  const makeOption = (name: string, required: boolean) => ({
    name,
    description: 'x',
    type: 3,
    required,
  });
  const broken: unknown[] = [
    { name: 'Join', description: 'upper case' },
    { name: 'join' },
    { name: 'join', description: 'x'.repeat(101) },
    {
      name: 'join',
      description: 'x',
      options: [makeOption('a', false), makeOption('b', true)],
    },
    {
      name: 'join',
      description: 'x',
      options: [makeOption('a', true), makeOption('a', true)],
    },
    7,
  ];
  for (const entry of broken)
    expect(
      (await sendRequest(sandbox, path, { method: 'PUT', body: [entry] })).status,
    ).toBe(400);
  expect(sandbox.commands()).toEqual([]);
});

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

test('a seat asked for by a session that a later one has replaced is noted', async () => {
  await using sandbox = await open();
  using former = await identifyBot(sandbox);
  const { guildId } = sandbox;
  const seat = { guild_id: guildId, channel_id: sandbox.channelId('Lounge') };
  former.say(4, seat);
  await former.event('VOICE_STATE_UPDATE');
  const later = await identifyBot(sandbox);
  later.say(4, seat);
  await later.event('VOICE_STATE_UPDATE');
  former.say(4, { ...seat, channel_id: null });
  await expect.poll(() => sandbox.bot().channel).toBeUndefined();
  expect(sandbox.violations()).toEqual([]);
  former.say(4, seat);
  await expect.poll(() => sandbox.violations()).toMatchObject([{ guildId }]);
  later.socket.terminate();
  await later.closed;
  await expect.poll(() => sandbox.gatewaySessions().at(-1)?.online).toBe(false);
  former.say(4, seat);
  await expect.poll(() => sandbox.bot().channel).toBe('Lounge');
  expect(sandbox.violations()).toHaveLength(1);
});

test('requests of all kinds share a limit a second, but answers to interactions do not count', async () => {
  const clock = new VirtualClock();
  await using sandbox = await open({ clock, rateLimits: 'usual' });
  const readUser = () => fetch(`${sandbox.apiUrl}/v10/users/@me`, { headers });
  const headers = { authorization: `Bot ${sandbox.token}` };
  for (let n = 0; n < 50; n++) expect((await readUser()).status).toBe(200);
  const refused = await readUser();
  expect(refused.status).toBe(429);
  expect(refused.headers.get('x-ratelimit-global')).toBe('true');
  expect(refused.headers.get('x-ratelimit-scope')).toBe('global');
  expect(await refused.json()).toMatchObject({ global: true, retry_after: 1 });
  expect(
    (await sendRequest(sandbox, '/interactions/1/x/callback', { body: { type: 5 } }))
      .status,
  ).toBe(404);
  await clock.advance(1000);
  expect((await readUser()).status).toBe(200);
});
