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

test('a seat that Discord does not know after a new login ends the link, and is to be tried again', async () => {
  await using setup = await openLinkSetup(login(), () => true);
  const log = collectFrames(setup.link);
  const { client, sandbox } = login();
  const guild = client.guilds.cache.get(sandbox.guildId);
  if (!guild) throw new Error('no server');
  client.emit(Events.GuildAvailable, guild); // it knows the seat
  const states = new Map(guild.voiceStates.cache);
  expect(log.error).toBeUndefined();
  guild.voiceStates.cache.delete(client.user.id);
  client.emit(Events.GuildAvailable, guild);
  await waitUntil(() => log.error !== undefined);
  expect(log.error).toMatchObject({ code: 'link.lost', retryable: true });
  for (const [id, state] of states) guild.voiceStates.cache.set(id, state);
});

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
