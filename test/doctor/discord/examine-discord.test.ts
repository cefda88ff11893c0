import { runExamination } from '#test/doctor/run-examination.ts';
import { sendRequest } from '#test/sandbox/raw-bot.ts';
import { openPatient } from './examine-sandbox.ts';

test('of a bot that is as it should be the doctor has nothing to mend, and has not gone online', async () => {
  await using patient = await openPatient();
  const { code, text, about } = await patient.examine();
  expect(text).not.toMatch(/mend|missing {2}|differs {2}/);
  expect(code).toBe(0);
  expect(about('token')).toMatch(/^ok token it belongs to nova, application \d+$/);
  expect(about('commands')).toMatch(/^ok commands all \d+ are registered everywhere$/);
  expect(about('Sandbox')).toBe('ok Sandbox the bot may talk in 2 of 2 voice channels');
  expect(patient.sandbox.gatewaySessions()).toEqual([]);
  expect(text).not.toContain(patient.sandbox.token);
});

test('a refused token ends the examination with 78, and says where a new one comes from', async () => {
  await using patient = await openPatient();
  const { code, about, text } = await patient.examine([], {
    DISCORD_TOKEN: 'wrong.token.of-somebody',
  });
  expect(code).toBe(78);
  expect(about('token')).toMatch(
    /^missing token Discord refused the token: copy a new one/,
  );
  expect(text).toContain('mend: put a new token into DISCORD_TOKEN');
  expect(text).not.toContain('wrong.token');
});

test('a Discord that does not answer is a finding, and no reason to call the token wrong', async () => {
  const { code, about } = await runExamination([], {
    DISCORD_TOKEN: 'any.token.there-is',
    DISCORD_API_URL: 'http://127.0.0.1:2/api',
  });
  expect(code).toBe(1);
  expect(about('discord')).toContain('could not be reached (ECONNREFUSED)');
});

test.each([
  [
    'on',
    [],
    /^differs intents Message Content Intent is off, but MESSAGE_CONTENT=on needs it$/,
    'turn it on: https://discord.com/developers/applications/',
  ],
  ['on', ['content'], /^ok intents Message Content Intent$/, undefined],
  ['off', [], /^ok intents the bot needs none$/, undefined],
] as const)(
  'with MESSAGE_CONTENT=%s and the privileged intents %j the doctor says %s',
  async (wanted, privilegedIntents, line, mend) => {
    await using patient = await openPatient({
      privilegedIntents: [...privilegedIntents],
    });
    const { code, about, mendOf } = await patient.examine([], {
      MESSAGE_CONTENT: wanted,
    });
    expect(about('intents')).toMatch(line);
    expect(mendOf('intents')?.startsWith(mend ?? '')).toBe(
      mend === undefined ? undefined : true,
    );
    expect(code).toBe(0);
  },
);

test('each voice channel that lacks a right is named with that right', async () => {
  await using patient = await openPatient({ stageChannels: ['Talks'] });
  const guild = patient.sandbox.guild();
  guild.permit('Lounge', '@everyone', { deny: ['viewChannel'] });
  guild.permit('Workshop', 'Nova', { deny: ['sendMessages', 'embedLinks'] });
  const { code, about } = await patient.examine();
  expect(about('Sandbox')).toBe('ok Sandbox the bot may talk in 2 of 3 voice channels');
  expect(about('#Lounge')).toBe(
    'differs #Lounge the bot does not have View Channel: it cannot talk there',
  );
  expect(about('#Workshop')).toBe(
    'differs #Workshop the bot does not have Send Messages, Embed Links: it can talk there, but its chat does not work',
  );
  expect(about('#Talks')).toBeUndefined();
  expect(code).toBe(0);
});

test('a server where the bot may talk nowhere, or is timed out, is a missing part', async () => {
  await using patient = await openPatient({ voiceChannels: ['Lounge'] });
  const guild = patient.sandbox.guild();
  guild.permit('Lounge', '@everyone', { deny: ['connect'] });
  const shut = await patient.examine();
  expect([shut.code, shut.about('Sandbox')]).toEqual([
    1,
    'missing Sandbox the bot may talk in 0 of 1 voice channels',
  ]);
  guild.timeOut('Nova', 600_000);
  expect((await patient.examine()).about('Sandbox')).toMatch(
    /^missing Sandbox a moderator timed the bot out/,
  );
});

test('a right that no role of the bot has is told once for the server', async () => {
  await using patient = await openPatient();
  patient.sandbox.guild().setRole('@everyone', ['viewChannel', 'connect']);
  patient.sandbox
    .guild()
    .setRole('Nova', ['speak', 'sendMessages', 'embedLinks', 'attachFiles']);
  const { text } = await patient.examine();
  expect(text).toContain(
    "the bot's role does not have Read Message History, Create Public Threads, Send Messages in Threads, Use Voice Activity",
  );
  expect(text).toContain('mend: open the invite link again');
});

test('a bot in no server gets the link that invites it', async () => {
  await using patient = await openPatient();
  patient.sandbox.guild().removeBot();
  const { code, text, about } = await patient.examine();
  expect([code, about('servers')]).toEqual([
    1,
    'missing servers the bot is in no server',
  ]);
  expect(text).toContain('permissions=281784251173888');
});

test('commands that are missing or not ours are told by name', async () => {
  await using patient = await openPatient();
  const { sandbox } = patient;
  const everywhere = `/applications/${sandbox.botId}/commands`;
  const [, ...others] = sandbox.commands().map(({ body }) => body);
  await sendRequest(sandbox, everywhere, {
    method: 'PUT',
    body: [...others, { name: 'dance', description: 'Not ours' }],
  });
  const { code, about } = await patient.examine();
  expect(about('commands')).toBe(
    'differs commands missing: join; unknown to Parley: dance, everywhere',
  );
  expect(code).toBe(0);
});

test('the doctor writes to the operator only when asked to, and says where it went', async () => {
  await using patient = await openPatient();
  await patient.examine();
  expect(patient.sandbox.directMessages()).toEqual([]);
  const { code, about } = await patient.examine(['--tell-operator']);
  expect([code, about('notices')]).toEqual([
    0,
    'ok notices a test message went to 1 of 1 owner of the application',
  ]);
  const [message] = patient.sandbox.directMessages();
  expect(message).toMatchObject({
    to: 'Olga',
    text: expect.stringContaining('test message'),
  });
});

test('a webhook that cannot be reached is missing, with how to mend it and without its address', async () => {
  await using patient = await openPatient();
  const { code, about, mendOf, text } = await patient.examine(['--tell-operator'], {
    OPERATOR_WEBHOOK: 'http://127.0.0.1:2/api/webhooks/1/canary-of-the-hook',
  });
  expect(code).toBe(1);
  expect(about('notices')).toMatch(
    /^missing notices .*the webhook could not be reached/,
  );
  expect(mendOf('notices')).toContain('correct OPERATOR_WEBHOOK');
  expect(text).not.toContain('canary');
  expect(patient.sandbox.directMessages()).toEqual([]);
});

test('a test message needs Discord: offline, or about another server, it is not understood', async () => {
  await using patient = await openPatient();
  expect((await patient.examine(['--tell-operator', '--offline'])).code).toBe(78);
  expect(
    (await patient.examine(['--tell-operator', '--provider', 'http://127.0.0.1:9']))
      .code,
  ).toBe(78);
});
