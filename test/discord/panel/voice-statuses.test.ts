import { VoiceStatuses } from '#src/discord/panel/voice-statuses.ts';
import { Owned } from '#src/people/owned.ts';
import {
  openSandboxLogin,
  type SandboxLogin,
  waitUntil,
} from '#test/discord/setup/sandbox-login.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

type Guild = ReturnType<SandboxLogin['sandbox']['guild']>;

const never = new AbortController().signal;

const makeHearing = (heardCount: number) =>
  ({
    id: 'panel.status',
    with: { bot: 'Nova', heard: heardCount, people: 5 },
  }) as const;

/** The bot in the lobby, whose link takes the status away when it ends, as the client wires it. */
async function openStatuses(prepare: (guild: Guild) => void = () => undefined) {
  const login = await openSandboxLogin(1);
  onTestFinished(() => login[Symbol.asyncDispose]());
  const guild = login.sandbox.guild();
  prepare(guild);
  const clock = new VirtualClock();
  const stuck: string[] = [];
  const statuses = new VoiceStatuses(login.client, clock, (_guildId, channelId) => {
    stuck.push(channelId);
  });
  onTestFinished(() => statuses[Symbol.dispose]());
  const told: string[] = [];
  login.client.on('raw', ({ t, d }) => {
    if (/^(CHANNEL_INFO|VOICE_CHANNEL_STATUS_UPDATE)$/.test(t))
      told.push(JSON.stringify(d));
  });
  const { guildId } = login.lobby;
  const leaveStatus = () => statuses.clear(guildId);
  const linkOpener = login.linkOpener(undefined, leaveStatus);
  const openLink = () => linkOpener.openLink(login.lobby, () => false, never);
  const link = await openLink();
  const attic = { ...login.lobby, channelId: login.sandbox.channelId('Attic') };
  const { sandbox } = login;
  const findStatus = () => {
    return guild.roster().channels.find(({ name }) => name === 'Lobby')?.status;
  };
  return {
    client: login.client,
    clock,
    guild,
    link,
    openLink,
    attic,
    statuses,
    sandbox,
    shown: findStatus,
    stuck,
    told,
    /** Tells whether Discord has told the bot that it may manage the lobby. */
    mayManage() {
      const channel = login.client.channels.cache.get(login.lobby.channelId);
      const me = channel?.isVoiceBased() ? channel.guild.members.me : undefined;
      const isVoice = channel?.isVoiceBased() === true && me;
      return isVoice ? channel.permissionsFor(isVoice).has('ManageChannels') : false;
    },
    /** Waits until Discord has told the bot this status as the latest since `show`. */
    untilTold: (status: string | null) =>
      waitUntil(() => `${told.at(-1)}`.includes(`"status":${JSON.stringify(status)}`)),
    /** Waits until Discord has told the bot that it sits nowhere. */
    untilTaken: () =>
      waitUntil(
        () =>
          login.client.guilds.cache.get(guildId)?.members.me?.voice.channel === null,
      ),
    show(heardCount: number) {
      told.length = 0;
      statuses.show(guildId, new Owned(makeHearing(heardCount), login.lobby));
    },
    /** Requests that wrote a status, in order. */
    listWrittenStatuses: () =>
      sandbox
        .requests()
        .filter(({ path }) => path.endsWith('/voice-status'))
        .map(({ body }) => (body as { readonly status: string | null }).status),
  };
}

test('people see below the name of the voice channel how many of them are heard, until the bot leaves', async () => {
  const { link, sandbox, show, shown, listWrittenStatuses } = await openStatuses();
  show(2);
  await waitUntil(() => shown() === 'While Nova is here, it listens to 2 of 5');
  await link[Symbol.asyncDispose]();
  expect(shown()).toBeUndefined();
  expect(listWrittenStatuses()).toEqual([
    'While Nova is here, it listens to 2 of 5',
    null,
  ]);
  expect(sandbox.requests().every(({ status }) => status < 400)).toBe(true);
});

test('the status of a voice channel changes at most once in 10 s, and then tells the latest', async () => {
  const { clock, link, show, shown, listWrittenStatuses } = await openStatuses();
  show(1);
  await waitUntil(() => shown() === 'While Nova is here, it listens to 1 of 5');
  for (const heardCount of [2, 3, 4]) show(heardCount);
  await clock.advance(9_999);
  expect(listWrittenStatuses()).toHaveLength(1);
  await clock.advance(1);
  await waitUntil(() => shown() === 'While Nova is here, it listens to 4 of 5');
  expect(listWrittenStatuses()).toHaveLength(2);
  await link[Symbol.asyncDispose]();
});

test('a status that a person wrote is never written over, nor taken away', async () => {
  const { clock, guild, link, show, shown, untilTold, listWrittenStatuses } =
    await openStatuses((guildBefore) =>
      guildBefore.writeVoiceStatus('Lobby', 'Movie night'),
    );
  show(2);
  await untilTold('Movie night');
  show(4);
  guild.writeVoiceStatus('Lobby', '');
  await waitUntil(() => shown() === 'While Nova is here, it listens to 4 of 5');
  guild.writeVoiceStatus('Lobby', 'Quiz');
  await untilTold('Quiz');
  show(3);
  await clock.advance(60_000);
  await link[Symbol.asyncDispose]();
  expect([shown(), listWrittenStatuses()]).toEqual([
    'Quiz',
    ['While Nova is here, it listens to 4 of 5'],
  ]);
});

test('a status that a person took away does not come back before the next join', async () => {
  const { clock, guild, link, show, untilTold, listWrittenStatuses } =
    await openStatuses();
  show(2);
  await untilTold('While Nova is here, it listens to 2 of 5');
  guild.writeVoiceStatus('Lobby', '');
  await untilTold(null);
  show(3);
  await clock.advance(60_000);
  await link[Symbol.asyncDispose]();
  expect(listWrittenStatuses()).toEqual(['While Nova is here, it listens to 2 of 5']);
});

test('a process that comes back goes on with its own status', async () => {
  const { link, show, shown } = await openStatuses((guildBefore) =>
    guildBefore.writeVoiceStatus('Lobby', 'While Nova is here, it listens to 1 of 4'),
  );
  show(2);
  await waitUntil(() => shown() === 'While Nova is here, it listens to 2 of 5');
  await link[Symbol.asyncDispose]();
  expect(shown()).toBeUndefined();
});

test('without the right to set a status the bot asks for nothing and writes nothing', async () => {
  const { link, show, shown, told, listWrittenStatuses } = await openStatuses(
    (guildBefore) => guildBefore.permit('Lobby', 'Nova', { deny: ['setVoiceStatus'] }),
  );
  show(2);
  await link[Symbol.asyncDispose]();
  expect([shown(), told, listWrittenStatuses()]).toEqual([undefined, [], []]);
});

test('taken away while people stay, the bot tries to remove its status at once, and tells the chat of the channel once that it may not', async () => {
  const bot = await openStatuses();
  const { clock, guild, link, sandbox, show, shown, stuck, untilTaken, untilTold } =
    bot;
  await sandbox.person('Ann').join('Lobby', AbortSignal.timeout(30_000));
  show(2);
  await untilTold('While Nova is here, it listens to 2 of 5');
  guild.disconnectBot();
  await untilTaken();
  await link[Symbol.asyncDispose]();
  expect(bot.listWrittenStatuses()).toEqual([
    'While Nova is here, it listens to 2 of 5',
    null,
  ]);
  expect(shown()).toBe('While Nova is here, it listens to 2 of 5');
  await clock.advance(9_999);
  expect(stuck).toEqual([]);
  await clock.advance(3_600_000);
  expect(stuck).toEqual([sandbox.channelId('Lobby')]);
  expect(bot.listWrittenStatuses()).toHaveLength(2);
  guild.permit('Lobby', 'Nova', { allow: ['manageChannels'] });
  await waitUntil(() => bot.mayManage());
  await clock.advance(600_000);
  await waitUntil(() => shown() === undefined);
});

test('a bot that comes back goes on with the status that it could not remove, or removes that at the next leave', async () => {
  const bot = await openStatuses();
  const { clock, guild, show, shown, stuck, untilTaken, untilTold } = bot;
  show(2);
  await untilTold('While Nova is here, it listens to 2 of 5');
  guild.disconnectBot();
  await untilTaken();
  await bot.link[Symbol.asyncDispose]();
  await using link = await bot.openLink();
  show(3);
  await waitUntil(() => shown() === 'While Nova is here, it listens to 3 of 5');
  await clock.advance(3_600_000);
  expect(stuck).toEqual([]);
  await link[Symbol.asyncDispose]();
  expect(shown()).toBeUndefined();
});

test('what is said of one channel is never written below another one', async () => {
  const { attic, link, show, shown, statuses, untilTold, listWrittenStatuses } =
    await openStatuses();
  statuses.show(attic.guildId, new Owned(makeHearing(4), attic));
  show(2);
  await untilTold('While Nova is here, it listens to 2 of 5');
  await link[Symbol.asyncDispose]();
  expect(listWrittenStatuses()).toEqual([
    'While Nova is here, it listens to 2 of 5',
    null,
  ]);
  expect(shown()).toBeUndefined();
});

test('a leave waits a second at most for a Discord that does not answer, and the status is removed later', async () => {
  const bot = await openStatuses((guildBefore) =>
    guildBefore.permit('Lobby', 'Nova', { allow: ['manageChannels'] }),
  );
  const { clock, link, show, shown, untilTold } = bot;
  show(2);
  await untilTold('While Nova is here, it listens to 2 of 5');
  const answer = Promise.withResolvers<never>();
  const put = vi.spyOn(bot.client.rest, 'put').mockReturnValueOnce(answer.promise);
  const leaving = link[Symbol.asyncDispose]();
  await waitUntil(() => put.mock.calls.length === 1);
  await clock.advance(1_000);
  await leaving;
  answer.reject(new Error('500'));
  await clock.advance(60_000);
  await waitUntil(() => shown() === undefined);
});

test('the status that a former process left where the bot does not sit is removed, and no text of others', async () => {
  const bot = await openStatuses((guildBefore) => {
    for (const name of ['Lobby', 'Attic'])
      guildBefore.permit(name, 'Nova', { allow: ['manageChannels'] });
    guildBefore.writeVoiceStatus(
      'Attic',
      'While Ada is here, it listens to 1 of 3 · captions on',
    );
  });
  const { attic, guild, statuses, listWrittenStatuses } = bot;
  const findStatus = () =>
    guild.roster().channels.find(({ name }) => name === 'Attic')?.status;
  statuses.removeFormer(attic.guildId, attic.channelId);
  await waitUntil(() => findStatus() === undefined);
  guild.writeVoiceStatus('Attic', 'Movie night');
  bot.told.length = 0;
  statuses.removeFormer(attic.guildId, attic.channelId);
  await bot.untilTold('Movie night');
  expect([findStatus(), listWrittenStatuses()]).toEqual(['Movie night', [null]]);
  await bot.link[Symbol.asyncDispose]();
});

test('taken away with the right to manage the channel, the bot removes its status from outside', async () => {
  const { guild, link, show, shown, untilTaken, untilTold } = await openStatuses(
    (guildBefore) => guildBefore.permit('Lobby', 'Nova', { allow: ['manageChannels'] }),
  );
  show(2);
  await untilTold('While Nova is here, it listens to 2 of 5');
  guild.disconnectBot();
  await untilTaken();
  await link[Symbol.asyncDispose]();
  expect(shown()).toBeUndefined();
});

test('a status that Discord refused is written again, with the newest number', async () => {
  const { client, clock, link, show, shown, untilTold } = await openStatuses();
  show(2);
  await untilTold('While Nova is here, it listens to 2 of 5');
  await clock.advance(10_000);
  const put = vi.spyOn(client.rest, 'put').mockRejectedValueOnce(new Error('500'));
  show(3);
  await waitUntil(() => put.mock.calls.length === 1);
  show(4);
  await clock.advance(10_000);
  await waitUntil(() => shown() === 'While Nova is here, it listens to 4 of 5');
  await link[Symbol.asyncDispose]();
  expect(shown()).toBeUndefined();
});

test('a status goes on once the bot has its right back', async () => {
  const { clock, guild, link, show, shown, untilTold } = await openStatuses();
  show(2);
  await untilTold('While Nova is here, it listens to 2 of 5');
  guild.permit('Lobby', 'Nova', { deny: ['setVoiceStatus'] });
  show(3);
  await clock.advance(60_000);
  guild.permit('Lobby', 'Nova', { allow: ['setVoiceStatus'] });
  await waitUntil(() => {
    show(4);
    return shown() === 'While Nova is here, it listens to 4 of 5';
  });
  await link[Symbol.asyncDispose]();
});
