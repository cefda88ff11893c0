import type { Guild } from 'discord.js';
import { realClock } from '#src/base/clock.ts';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { ChannelPeople } from '#src/discord/channel-people.ts';
import { closeClient, createClient, logIn } from '#src/discord/login.ts';
import { DiscordPlaces } from '#src/discord/places.ts';
import { openSandboxBot } from '#test/discord/setup/open-discord.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

const expireSoon = () => AbortSignal.timeout(30_000);

/** Ann sits in Lounge, and a bot is logged in. */
async function openLounge() {
  const sandbox = await openSilentSandbox();
  const guild = sandbox.guild();
  const ann = guild.person('Ann');
  await ann.join('Lounge', expireSoon());
  const login = { token: sandbox.token, apiUrl: sandbox.apiUrl, timeoutMs: 5_000 };
  const client = await logIn(createClient(login), login, expireSoon());
  const here = client.guilds.cache.get(guild.id);
  if (!here) throw new Error('the bot is in no server');
  const people = new ChannelPeople(client, realClock);
  const listLounge = () => people.listPeople(here, guild.channelId('Lounge'));
  return {
    sandbox,
    guild,
    here,
    ann,
    people,
    lounge: listLounge,
    client,
    async [Symbol.asyncDispose]() {
      await closeClient(client);
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

test('people who come, go and change channels, and a server that was away, are read anew', async () => {
  await using login = await openLounge();
  const { client, guild, ann, people, lounge, here } = login;
  const listNames = () =>
    people.listPeople(here, guild.channelId('Workshop')).map(({ name }) => name);
  expect(lounge().map(({ name }) => name)).toEqual(['Ann']);
  const ben = guild.person('Ben');
  await ben.join('Lounge', expireSoon());
  await expect.poll(lounge).toHaveLength(2);
  await ann.join('Workshop', expireSoon());
  await expect.poll(listNames).toEqual(['Ann']);
  expect(lounge()).toHaveLength(1);
  let told = 0;
  using _listening = people.listen(guild.channelId('Lounge'), () => told++);
  await ben.leave();
  await expect.poll(lounge).toEqual([]);
  expect(told).toBe(1);
  here.voiceStates.cache.clear();
  client.emit('guildAvailable', here);
  expect(listNames()).toEqual([]);
});

test('two channels are open to the same people only while both have the same rights and no guest sits in one', async () => {
  await using login = await openLounge();
  const { ann, client, guild } = login;
  const discordPlaces = new DiscordPlaces(client);
  const [lounge, workshop, unknown] = ['Lounge', 'Workshop', ''].map((name) => ({
    guildId: guild.id,
    channelId: name === '' ? toChannelId('1') : guild.channelId(name),
  }));
  if (!lounge || !workshop || !unknown) throw new Error('there is no such channel');
  const bothWays = () => [
    discordPlaces.hasSameReaders(workshop, lounge),
    discordPlaces.hasSameReaders(lounge, workshop),
  ];
  expect(bothWays()).toEqual([true, true]);
  expect(discordPlaces.hasSameReaders(lounge, unknown)).toBe(false);
  guild.permit('Workshop', '@everyone', { deny: ['viewChannel'] });
  await expect.poll(bothWays).toEqual([false, false]);
  guild.permit('Lounge', '@everyone', { deny: ['viewChannel'] });
  await waitForDenial(login.here, lounge.channelId);
  // Ann sits in the Lounge, and could not enter the Workshop.
  expect(bothWays()).toEqual([false, false]);
  await ann.leave();
  await expect.poll(bothWays).toEqual([true, true]);
});

/** Waits until the client knows that a channel is closed to most. */
async function waitForDenial(here: Guild, channelId: string) {
  const countDenials = () => {
    const channel = here.channels.cache.get(channelId);
    if (!channel || channel.isThread()) return 0;
    return channel.permissionOverwrites.cache.filter(({ deny }) => deny.bitfield > 0n)
      .size;
  };
  await expect.poll(countDenials).toBe(1);
}

test('a channel that is closed to most is no wider than an open one, which is wider than it', async () => {
  await using login = await openLounge();
  const { client, guild } = login;
  const discordPlaces = new DiscordPlaces(client);
  const toChannel = (name: string) => ({
    guildId: guild.id,
    channelId: guild.channelId(name),
    name,
  });
  const [lounge, workshop] = [toChannel('Lounge'), toChannel('Workshop')];
  const bothWays = () => [
    discordPlaces.isNoWider(workshop, lounge),
    discordPlaces.isNoWider(lounge, workshop),
  ];
  expect(bothWays()).toEqual([true, true]);
  guild.permit('Workshop', '@everyone', { deny: ['viewChannel'] });
  await expect.poll(bothWays).toEqual([true, false]);
  const texts = login.here.channels.cache.filter(
    (channel) => channel.isTextBased() && !channel.isVoiceBased(),
  );
  expect(texts.size).toBeGreaterThan(0);
  for (const [channelId] of texts) {
    const channel = { guildId: guild.id, channelId: toChannelId(channelId), name: '' };
    expect([
      discordPlaces.isNoWider(channel, lounge),
      discordPlaces.isNoWider(channel, workshop),
    ]).toEqual([true, false]);
  }
  // Whoever may see the Lounge alone reads nothing of it elsewhere, where no Connect is needed.
  const areReadersListeners = () =>
    [...texts.keys()].map((channelId) =>
      discordPlaces.isNoWider(
        { guildId: guild.id, channelId: toChannelId(channelId), name: '' },
        lounge,
      ),
    );
  const member = login.here.roles.everyone.permissions.toArray();
  expect(member).toContain('Connect');
  guild.permit('Workshop', '@everyone', {});
  guild.setRole('@everyone', ['viewChannel', 'readHistory']);
  guild.addRole('members');
  guild.setRole('members', ['viewChannel', 'connect', 'readHistory']);
  await expect.poll(areReadersListeners).toEqual([...texts].map(() => false));
  expect(discordPlaces.isNoWider(workshop, lounge)).toBe(true);
  guild.setRole('@everyone', []);
  await expect.poll(areReadersListeners).toEqual([...texts].map(() => true));
});

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
