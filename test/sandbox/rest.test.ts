import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';
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
