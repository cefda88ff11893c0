import { setImmediate as immediate, setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Command, CommandCall, CommandPorts } from '#src/conversation/command.ts';
import { type Discord, openDiscord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { text } from '#src/texts/texts.ts';
import { until, voiceHalf } from '#test/discord/setup/sandbox-login.ts';
import { openAccess } from '#test/fakes/open-access.ts';

const never = new AbortController().signal;
const calls: CommandCall[] = [];
const events: DiscordEvent[] = [];
let opened: { readonly sandbox: Sandbox; readonly bot: Discord } | undefined;

const commands: readonly Command[] = [
  {
    name: 'join',
    shownTo: 'room',
    description: 'command.join',
    options: [{ name: 'channel', description: 'command.join.channel', kind: 'voice-channel' }],
    async run(call) {
      calls.push(call);
      return [
        { id: 'join.ok', with: { channel: call.channel?.name ?? '?' }, to: 'room' },
        { id: 'join.consent', to: 'caller' },
      ];
    },
  },
  {
    name: 'leave',
    shownTo: 'room',
    description: 'command.leave',
    options: [],
    async run() {
      await wait(400);
      return [{ id: 'leave.nowhere', to: 'caller' }];
    },
  },
];

function login() {
  if (!opened) throw new Error('the sandbox is not open');
  return opened;
}

async function openBot(sandbox: Sandbox): Promise<Discord> {
  const { apiUrl, token, guildId } = sandbox;
  const ports = () => ({ ...openAccess, sessions: {} }) as CommandPorts;
  const onEvent = (event: DiscordEvent) => events.push(event);
  return await openDiscord({ apiUrl, token, guildId, commands, ports, onEvent }, never);
}

beforeAll(async () => {
  const sandbox = await openSandbox({
    voice: voiceHalf(await loadOpus()),
    voiceChannels: ['Lobby'],
  });
  opened = { sandbox, bot: await openBot(sandbox) };
});
afterAll(async () => {
  await opened?.bot[Symbol.asyncDispose]();
  await opened?.sandbox[Symbol.asyncDispose]();
});

test('the bot is there, with its name, its invitation and its commands', () => {
  const { bot, sandbox } = login();
  expect(bot.ready()).toBe(true);
  expect(bot.bot.id).toBe(sandbox.botId);
  expect(bot.inviteUrl).toContain(sandbox.botId);
  expect(sandbox.commands().map(({ body }) => body.name)).toEqual(['join', 'leave']);
});

test('starting a second time writes no commands', async () => {
  const { sandbox } = login();
  await using again = await openBot(sandbox);
  expect(again.ready()).toBe(true);
  const writes = sandbox.requests().filter(({ method }) => method === 'PUT');
  expect(writes).toHaveLength(1);
});

test('a command that comes in the moment of the login is answered', async () => {
  await using sandbox = await openSandbox({ voiceChannels: ['Lobby'] });
  const registered = await openBot(sandbox);
  await registered[Symbol.asyncDispose]();
  const opening = openBot(sandbox);
  while (!sandbox.bot().online) await immediate();
  const asked = sandbox.person('Ann').command('join', { channel: 'Lobby' });
  await using _ = await opening;
  const answer = await asked.answered(never);
  expect(answer.text).toBe(text('join.ok', { channel: 'Lobby' }));
});

test('a command learns who asked, from which channel, and which channel was chosen', async () => {
  const { sandbox } = login();
  const ann = sandbox.person('Ann');
  const asked = ann.command('join', { channel: 'Lobby' });
  expect(await asked.answered(never)).toMatchObject({
    text: text('join.ok', { channel: 'Lobby' }),
    ephemeral: false,
  });
  const lobby = { channelId: sandbox.channelId('Lobby'), name: 'Lobby', guildId: sandbox.guildId };
  expect(calls.at(-1)).toMatchObject({ callerName: 'Ann', callerId: ann.id, channel: lobby });
  await until(() => asked.followUps.length === 1);
  expect(asked.followUps[0]).toMatchObject({ text: text('join.consent'), ephemeral: true });
  expect(asked.deferred).toBe(false);
});

test('a slow private answer shows as thinking first, and is then seen by its caller alone', async () => {
  const { sandbox } = login();
  const asked = sandbox.person('Ann').command('leave');
  await until(() => asked.followUps.length === 1);
  expect(asked.deferred).toBe(true);
  expect(asked.reply).toBeUndefined();
  expect(asked.followUps[0]).toMatchObject({ text: text('leave.nowhere'), ephemeral: true });
});

test('a gateway that is cut off comes back by itself', async () => {
  const { sandbox, bot } = login();
  sandbox.faults.dropGateway();
  await until(() => events.some((event) => event.kind === 'gateway' && event.what === 'resumed'));
  expect(bot.ready()).toBe(true);
});
