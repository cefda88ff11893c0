import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { openSandboxBot } from '#test/discord/setup/open-discord.ts';

const expireSoon = () => AbortSignal.timeout(30_000);
const path = '/guilds/:guild/members/:user';
let opened: Awaited<ReturnType<typeof openSandboxBot>>;

beforeAll(async () => {
  opened = await openSandboxBot();
  opened.sandbox.guild().addRole('Boss');
  opened.sandbox.guild().setRole('Boss', ['manageServer']);
});
afterAll(() => opened[Symbol.asyncDispose]());

test('a role that was given or taken is known once its owner was read, and nothing of who is no member', async () => {
  const { sandbox, members, places } = opened;
  const { guildId } = sandbox;
  const ann = sandbox.person('Ann');
  const readMember = () => members.refreshMember(guildId, ann.id, expireSoon());
  const mayManage = () => places.mayManage(guildId, ann.id);
  sandbox.guild().giveRole('Ann', 'Boss');
  await readMember();
  expect(mayManage()).toBe(true);
  sandbox.guild().takeRole('Ann', 'Boss');
  expect(mayManage()).toBe(true);
  await readMember();
  expect(mayManage()).toBe(false);
  sandbox.guild().giveRole('Ann', 'Boss');
  await readMember();
  sandbox.faults.rest({ path, status: 403 });
  const message = expect.stringContaining('roles of a member could not be read');
  await expect(readMember()).rejects.toMatchObject({
    code: 'discord.unreachable',
    message,
  });
  expect(mayManage()).toBe(true);
  sandbox.faults.rest({ path, status: 404, code: 10_007 });
  await readMember();
  expect(mayManage()).toBe(false);
  await members.refreshMember(toGuildId('1'), ann.id, expireSoon());
  sandbox.faults.rest({ path, delayMs: 1_000 });
  const left = new AbortController();
  const reading = members.refreshMember(guildId, ann.id, left.signal);
  left.abort(new Error('left'));
  await expect(reading).rejects.toThrow('left');
});

test('members are known by name, also those whom Discord has not told of, and nobody else', async () => {
  const { sandbox, places } = opened;
  const ids = [
    toPersonId(sandbox.person('Bea').id),
    toPersonId(sandbox.person('Cy').id),
    toPersonId('1'),
  ];
  const knownMembers = await places.listMembers(sandbox.guildId, ids);
  expect(knownMembers.map(({ name }) => name)).toEqual(['Bea', 'Cy']);
  expect(await places.listMembers(toGuildId('1'), ids)).toEqual([]);
});
