import { sendRequest } from '#test/sandbox/raw-bot.ts';
import { openPatient } from './examine-sandbox.ts';

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
