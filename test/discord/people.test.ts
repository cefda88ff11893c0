import { expect, test, vi } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { ChannelPeople, personOf } from '#src/discord/channel-people.ts';
import { closeClient, logIn, newClient } from '#src/discord/login.ts';
import { openMembers, readMember } from '#src/discord/members.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

const soon = () => AbortSignal.timeout(3_000);

/** Ann sits in Lounge, and a bot is logged in. */
async function open() {
  const sandbox = await openSandbox({ voice: silentVoice().half });
  const guild = sandbox.guild();
  const roleId = guild.addRole('Listeners');
  const ann = guild.person('Ann');
  await ann.join('Lounge', soon());
  const login = { token: sandbox.token, apiUrl: sandbox.apiUrl, timeoutMs: 5_000 };
  const client = await logIn(newClient(login), login, soon());
  const here = client.guilds.cache.get(guild.id);
  if (!here) throw new Error('the bot is in no server');
  const people = new ChannelPeople(client);
  const lounge = () => people.in(here, guild.channelId('Lounge'));
  const roles = () => lounge().map((person) => person.roleIds);
  return {
    sandbox,
    guild,
    here,
    ann,
    roleId,
    roles,
    people,
    lounge,
    client,
    async [Symbol.asyncDispose]() {
      await closeClient(client);
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

test('a role that was given or taken is known once its owner was read', async () => {
  await using login = await open();
  const { guild, here, ann, roleId, roles, people } = login;
  const reread = async () => {
    await readMember(here, ann.id, soon());
    people.reread(guild.channelId('Lounge'));
  };
  guild.giveRole('Ann', 'Listeners');
  await reread();
  expect(roles()).toEqual([expect.arrayContaining([roleId])]);
  guild.takeRole('Ann', 'Listeners');
  expect(roles()).toEqual([expect.arrayContaining([roleId])]);
  await reread();
  expect(roles()).toEqual([expect.not.arrayContaining([roleId])]);
});

test('whoever is deafened by a moderator is told as such, until they are not', async () => {
  await using login = await open();
  const { guild, lounge } = login;
  const deaf = () => lounge().map(({ isDeaf }) => isDeaf === true);
  expect(deaf()).toEqual([false]);
  guild.deafen('Ann', true);
  await vi.waitFor(() => expect(deaf()).toEqual([true]));
  guild.deafen('Ann', false);
  await vi.waitFor(() => expect(deaf()).toEqual([false]));
});

test('whoever deafened themselves is told as such', async () => {
  await using login = await open();
  const { here, ann } = login;
  const state = here.voiceStates.cache.get(ann.id);
  expect(personOf(here, ann.id).isDeaf).toBeUndefined();
  if (state) state.selfDeaf = true;
  expect(personOf(here, ann.id).isDeaf).toBe(true);
});

test('what cannot be read stays as it was, and a caller who leaves gets their own reason', async () => {
  await using login = await open();
  const { sandbox, here, ann, roles } = login;
  const before = roles();
  await expect(readMember(here, '123', soon())).rejects.toMatchObject({
    code: 'discord.unreachable',
    message: `Server ${here.id}: roles of a member could not be read: Unknown Member`,
  });
  sandbox.faults.rest({ path: '/guilds/:guild/members/:user', delayMs: 1_000 });
  const left = new AbortController();
  const reading = readMember(here, ann.id, left.signal);
  left.abort(new Error('left'));
  await expect(reading).rejects.toThrow('left');
  expect(roles()).toEqual(before);
});

test('of somebody who is no member any more nothing is known once Discord was asked; what it refuses to tell is an error', async () => {
  await using login = await open();
  const { sandbox, here, ann, client } = login;
  const members = openMembers(client);
  await members.refresh(here.id, ann.id, soon());
  expect(here.members.cache.has(ann.id)).toBe(true);
  sandbox.faults.rest({ path: '/guilds/:guild/members/:user', status: 403 });
  const refused = members.refresh(here.id, ann.id, soon());
  await expect(refused).rejects.toMatchObject({ code: 'discord.unreachable' });
  expect(here.members.cache.has(ann.id)).toBe(true);
  sandbox.faults.rest({ path: '/guilds/:guild/members/:user', status: 404, code: 10_007 });
  await members.refresh(here.id, ann.id, soon());
  expect(here.members.cache.has(ann.id)).toBe(false);
});

test('people who come, go and change channels are known without a look through all who were ever there', async () => {
  await using login = await open();
  const { guild, ann, people, lounge, here } = login;
  const workshop = guild.channelId('Workshop');
  expect(lounge().map(({ name }) => name)).toEqual(['Ann']);
  const ben = guild.person('Ben');
  await ben.join('Lounge', soon());
  await vi.waitFor(() => expect(people.count(guild.channelId('Lounge'))).toBe(2));
  await ann.join('Workshop', soon());
  await vi.waitFor(() => expect(people.count(workshop)).toBe(1));
  expect(people.count(guild.channelId('Lounge'))).toBe(1);
  await ben.leave();
  await vi.waitFor(() => expect(lounge()).toEqual([]));
  const read = vi.spyOn(here.voiceStates.cache, 'values');
  expect(people.in(here, workshop).map(({ name }) => name)).toEqual(['Ann']);
  expect(read).not.toHaveBeenCalled();
});

test('a server that was away is read anew, and one that is gone is forgotten', async () => {
  await using login = await open();
  const { client, guild, here, lounge, people } = login;
  here.voiceStates.cache.clear();
  client.emit('guildAvailable', here);
  expect(lounge()).toEqual([]);
  const ben = guild.person('Ben');
  await ben.join('Lounge', soon());
  await vi.waitFor(() => expect(lounge()).toHaveLength(1));
  client.emit('guildDelete', here);
  expect(people.count(guild.channelId('Lounge'))).toBe(0);
});
