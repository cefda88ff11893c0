import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { Discord, DiscordPorts } from '#src/discord/client.ts';
import type { CommandPorts } from '#src/features/command.ts';
import { openDiscord } from '#test/discord/setup/open-discord.ts';
import { openAccess } from '#test/fakes/open-access.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';

const soon = () => AbortSignal.timeout(30_000);
const path = '/guilds/:guild/members/:user';
let opened: {
  readonly sandbox: Sandbox;
  readonly bot: Discord;
  readonly ports: DiscordPorts;
};

beforeAll(async () => {
  const sandbox = await openSandbox({ voice: openSilentVoice().half });
  sandbox.guild().addRole('Boss');
  sandbox.guild().setRole('Boss', ['manageServer']);
  const { apiUrl, token } = sandbox;
  const { promise, resolve } = Promise.withResolvers<DiscordPorts>();
  const ports = (given: DiscordPorts) => {
    resolve(given);
    return { ...openAccess } as CommandPorts;
  };
  const options = { apiUrl, token, ports };
  const bot = await openDiscord(options, new AbortController().signal);
  opened = { sandbox, bot, ports: await promise };
});
afterAll(async () => {
  await opened.bot[Symbol.asyncDispose]();
  await opened.sandbox[Symbol.asyncDispose]();
});

test('a role that was given or taken is known once its owner was read, and nothing of who is no member', async () => {
  const { sandbox, ports } = opened;
  const { guildId } = sandbox;
  const ann = sandbox.person('Ann');
  const read = () => ports.members.refreshMember(guildId, ann.id, soon());
  const manages = () => ports.places.mayManage(guildId, ann.id);
  sandbox.guild().giveRole('Ann', 'Boss');
  await read();
  expect(manages()).toBe(true);
  sandbox.guild().takeRole('Ann', 'Boss');
  expect(manages()).toBe(true);
  await read();
  expect(manages()).toBe(false);
  sandbox.guild().giveRole('Ann', 'Boss');
  await read();
  sandbox.faults.rest({ path, status: 403 });
  const message = expect.stringContaining('roles of a member could not be read');
  await expect(read()).rejects.toMatchObject({ code: 'discord.unreachable', message });
  expect(manages()).toBe(true);
  sandbox.faults.rest({ path, status: 404, code: 10_007 });
  await read();
  expect(manages()).toBe(false);
  await ports.members.refreshMember('1', ann.id, soon());
  sandbox.faults.rest({ path, delayMs: 1_000 });
  const left = new AbortController();
  const reading = ports.members.refreshMember(guildId, ann.id, left.signal);
  left.abort(new Error('left'));
  await expect(reading).rejects.toThrow('left');
});

test('members are known by name, also those whom Discord has not told of, and nobody else', async () => {
  const { sandbox, ports } = opened;
  const { guildId } = sandbox;
  const ids = [sandbox.person('Bea').id, sandbox.person('Cy').id, '1'];
  const members = await ports.places.listMembers(guildId, ids);
  expect(members.map(({ name }) => name)).toEqual(['Bea', 'Cy']);
  expect(await ports.places.listMembers('1', ids)).toEqual([]);
});
