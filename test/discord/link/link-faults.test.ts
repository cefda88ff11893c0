import { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { getVoiceConnection } from '@discordjs/voice';
import { Events } from 'discord.js';
import { findNetworking } from '#src/discord/link/voice-library.ts';
import type { VoiceLink } from '#src/ports/voice-link.ts';
import {
  collectFrames,
  makeToneFrames,
  openFileLogin,
  openLinkSetup,
  waitUntil,
} from '#test/discord/setup/sandbox-login.ts';

const never = new AbortController().signal;
const login = openFileLogin(1);

/** The library's own connection under the open link. */
function findConnection() {
  const { lobby, client } = login();
  const foundConnection = getVoiceConnection(lobby.guildId, client.application.id);
  if (!foundConnection) throw new Error('no connection');
  return foundConnection;
}

/** Cuts the socket as a broken network does: no close frame, so the library resumes. */
function cutSocket() {
  const state = findNetworking(findConnection())?.state;
  if (!state || !('ws' in state)) throw new Error('no voice socket');
  (state.ws as unknown as { readonly ws: { terminate(): void } }).ws.terminate();
}

function playFrames(link: VoiceLink, count: number) {
  const frames = makeToneFrames(login().codec, count);
  const log = { left: 0 };
  const source = {
    pullFrame: () => frames.shift(),
    markSent: () => log.left++,
    isIdle: true,
  };
  link.playFrames(source).wake();
  return log;
}

test('ten frames sent in the moment a link opens all arrive, every one sealed', async () => {
  await using setup = await openLinkSetup(login(), () => true);
  const ann = login().sandbox.person('Ann');
  playFrames(setup.link, 10);
  await waitUntil(() => setup.getHeard() === 10);
  expect(
    ann.heard.frames.filter(({ audible }) => audible).every(({ sealed }) => sealed),
  ).toBe(true);
  const state = findNetworking(findConnection())?.state;
  const data = state && 'connectionData' in state && state.connectionData;
  expect(data).toMatchObject({ secretKey: expect.any(KeyObject) }); // the ciphers take it at once
});

test('a resumed voice socket speaks and hears on', async () => {
  await using setup = await openLinkSetup(login(), () => true);
  const log = collectFrames(setup.link);
  const resumed = once(findConnection(), 'ready', {
    signal: AbortSignal.timeout(30_000),
  });
  cutSocket();
  await resumed;
  const played = playFrames(setup.link, 5);
  await setup.speak();
  await waitUntil(() => played.left === 5 && log.packets >= 8);
  expect(log.error).toBeUndefined();
});

/** The server that the bot knows is told of again, after a new login. */
function tellServerAgain() {
  const { client, sandbox } = login();
  const guild = client.guilds.cache.get(sandbox.guildId);
  if (!guild) throw new Error('no server');
  client.emit(Events.GuildAvailable, guild);
  return guild.voiceStates.cache;
}

const linkStates = {
  open: () => undefined,
  'coming back': async () => {
    cutSocket();
    await waitUntil(() => findConnection().state.status !== 'ready');
  },
} as const;

test.each(Object.entries(linkStates))(
  'a seat that Discord does not know after a new login ends a link that is %s, and is to be tried again',
  async (_, bringAbout) => {
    await using setup = await openLinkSetup(login(), () => true);
    const log = collectFrames(setup.link);
    const seats = tellServerAgain(); // it knows the seat
    expect(log.error).toBeUndefined();
    await bringAbout();
    const seat = seats.get(login().client.user.id);
    if (!seat) throw new Error('no seat');
    seats.delete(seat.id);
    tellServerAgain();
    await waitUntil(() => log.error !== undefined);
    expect(log.error).toMatchObject({ code: 'link.lost', retryable: true });
    seats.set(seat.id, seat);
  },
);

test('a second link to the same server ends the first', async () => {
  const { sandbox, lobby } = login();
  const linkOpener = login().linkOpener();
  const first = await linkOpener.openLink(lobby, () => true, never);
  const log = collectFrames(first);
  const heard = first.receivePackets(never)[Symbol.asyncIterator]().next();
  await using second = await linkOpener.openLink(lobby, () => true, never);
  await expect(heard).resolves.toMatchObject({ done: true });
  expect(log.error).toBeUndefined();
  expect(second.listPeople()).toEqual([]);
  expect(sandbox.bot().channel).toBe('Lobby');
});

test('the counts of a link can be read while it is open, and are reported once more when it closes', async () => {
  const { events } = login();
  const countBefore = events.length;
  const findMade = () =>
    events.slice(countBefore).find((event) => event.kind === 'link-made');
  {
    await using setup = await openLinkSetup(login(), () => true);
    expect(findMade()?.counts()).toMatchObject({ opened: 0, sent: 0 });
    await setup.speak();
    await waitUntil(() => (findMade()?.counts().opened ?? 0) >= 8);
    const played = playFrames(setup.link, 5);
    await waitUntil(() => played.left === 5);
    expect(findMade()?.counts().sent).toBeGreaterThanOrEqual(5);
  }
  const findClosed = () =>
    events.slice(countBefore).find((event) => event.kind === 'link-closed');
  await waitUntil(() => findClosed() !== undefined);
  expect(findClosed()?.counts).toEqual(findMade()?.counts());
});

const loginHeard = openFileLogin(0, 1_000);

test('a voice socket that leaves heartbeats unanswered for ten seconds ends the link, to be opened anew, and is counted', async () => {
  const { events, sandbox, faults } = loginHeard();
  await using setup = await openLinkSetup(loginHeard(), () => true);
  const log = collectFrames(setup.link);
  faults.freeze(sandbox.botId);
  await waitUntil(() => log.error !== undefined);
  expect(log.error).toMatchObject({ code: 'link.lost', retryable: true });
  expect(events.filter(({ kind }) => kind === 'path-died')).toEqual([
    {
      kind: 'path-died',
      guildId: sandbox.guildId,
      why: expect.stringMatching(/^For 10 s /),
    },
  ]);
});

test.each([
  ['a DAVE message in a call without encryption', Buffer.from([0, 1, 25, 1, 2, 3])],
  ['a binary message of one byte', Buffer.from([1])],
])('%s ends in a link that hears, or in one that is over', async (_, frame) => {
  const { sandbox, faults } = loginHeard();
  await using setup = await openLinkSetup(loginHeard(), () => true);
  const log = collectFrames(setup.link);
  faults.send(sandbox.botId, frame);
  await setup.speak();
  await waitUntil(() => log.error !== undefined || log.packets >= 8);
  if (log.error !== undefined) {
    expect(log.error).toMatchObject({ code: 'link.lost', retryable: true });
    await waitUntil(() => sandbox.bot().channel === undefined);
  }
});

test('broken JSON, unknown opcodes and a message of a megabyte keep nobody from being heard', async () => {
  const { sandbox, faults } = loginHeard();
  await using setup = await openLinkSetup(loginHeard(), () => true);
  const log = collectFrames(setup.link);
  faults.send(sandbox.botId, '{"op":');
  faults.send(sandbox.botId, '{"op":99,"d":null}');
  faults.send(sandbox.botId, JSON.stringify({ op: 99, d: 'x'.repeat(1_000_000) }));
  await setup.speak();
  await waitUntil(() => log.packets >= 8);
  expect(log.error).toBeUndefined();
});

/** Packets that a link receives until it ends, and its end. */
function listenToLink(link: VoiceLink) {
  const log = { sequences: [] as number[], error: undefined as unknown };
  void (async () => {
    try {
      for await (const { sequence } of link.receivePackets(never))
        log.sequences.push(sequence);
    } catch (error) {
      log.error = error;
    }
  })();
  return log;
}

function lastCounts() {
  return login().events.findLast((event) => event.kind === 'link-closed')?.counts;
}

test('the first words of somebody are heard although Discord names them late', async () => {
  const { sandbox, faults } = login();
  {
    await using setup = await openLinkSetup(login(), () => true);
    faults.delayMessage(sandbox.botId, 'speaking', 300);
    const log = listenToLink(setup.link);
    await setup.speak();
    await waitUntil(() => log.sequences.length >= 18);
    const [first = 0] = log.sequences;
    expect(log.sequences).toEqual(log.sequences.map((_, n) => (first + n) % 65_536));
  }
  expect(lastCounts()?.held).toBeGreaterThan(5);
});

test.each(['hang', 'dead'])(
  'a voice link that cannot open (%s) is given up in time with its last step, and the channel is left',
  async (how) => {
    const { sandbox, faults, lobby, linkOpener } = login();
    if (how === 'hang') faults.setConnections('hang');
    else faults.setNetwork(sandbox.botId, { up: { dead: true } });
    const opening = linkOpener(400).openLink(lobby, () => true, never);
    const about = { openingStep: how === 'hang' ? 'login' : 'udp' };
    await expect(opening).rejects.toMatchObject({
      code: 'link.timeout',
      retryable: true,
      about,
    });
    await waitUntil(() => sandbox.bot().channel === undefined);
    faults.heal();
    await using link = await linkOpener().openLink(lobby, () => true, never);
    expect(link.listPeople()).toEqual([]);
  },
);

test.each([
  ['nor for the voice state', 'VOICE_SERVER_UPDATE'],
  ['but the voice state', 'VOICE_SERVER_UPDATE'],
  ['but the voice server', 'VOICE_STATE_UPDATE'],
])(
  'a seat request with no answer %s is given up in time, and taken back',
  async (which, event) => {
    const { sandbox, lobby, linkOpener } = login();
    const { faults } = sandbox;
    if (which.startsWith('nor')) faults.ignoreSeat();
    else faults.event({ event, copies: 0 });
    const opening = linkOpener(400).openLink(lobby, () => true, never);
    const about = { openingStep: 'seat' };
    await expect(opening).rejects.toMatchObject({
      code: 'link.timeout',
      retryable: true,
      about,
    });
    await waitUntil(() => sandbox.bot().channel === undefined);
    faults.heal();
    await using link = await linkOpener().openLink(lobby, () => true, never);
    expect(link.listPeople()).toEqual([]);
  },
);

test('a voice server that goes away is followed to the next one, and hearing goes on', async () => {
  const { sandbox } = login();
  await using setup = await openLinkSetup(login(), () => true);
  const log = listenToLink(setup.link);
  const countCloses = () =>
    login().events.filter(({ kind }) => kind === 'voice-closed').length;
  const closedBefore = countCloses();
  sandbox.guild().replaceVoiceServer(300);
  await waitUntil(() => countCloses() > closedBefore);
  while (log.sequences.length < 8) await setup.speak();
  const played = playFrames(setup.link, 5);
  await waitUntil(() => played.left === 5);
  expect(log.error).toBeUndefined();
});
