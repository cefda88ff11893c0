import { expect, test } from 'vitest';
import { closeClient, logIn, newClient } from '#src/discord/login.ts';
import { peopleIn, readMember } from '#src/discord/people.ts';
import { openSandbox } from '#src/sandbox/sandbox.ts';
import { silentVoice } from '#test/sandbox/silent-voice.ts';

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
  const roles = () =>
    peopleIn(here, guild.channelId('Lounge'), sandbox.botId).map((person) => person.roleIds);
  return {
    ...{ sandbox, guild, here, ann, roleId, roles },
    async [Symbol.asyncDispose]() {
      await closeClient(client);
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

test('a role that was given or taken is known once its owner was read', async () => {
  await using town = await open();
  const { guild, here, ann, roleId, roles } = town;
  guild.giveRole('Ann', 'Listeners');
  await readMember(here, ann.id, soon());
  expect(roles()).toEqual([expect.arrayContaining([roleId])]);
  guild.takeRole('Ann', 'Listeners');
  expect(roles()).toEqual([expect.arrayContaining([roleId])]);
  await readMember(here, ann.id, soon());
  expect(roles()).toEqual([expect.not.arrayContaining([roleId])]);
});

test('what cannot be read stays as it was, and a caller who leaves gets their own reason', async () => {
  await using town = await open();
  const { sandbox, here, ann, roles } = town;
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
