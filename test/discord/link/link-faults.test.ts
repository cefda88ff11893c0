import '#src/discord/library/sodium.ts';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { getVoiceConnection, type VoiceConnection } from '@discordjs/voice';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VoiceLink } from '#src/conversation/ports/voice-link.ts';
import { innerUdp, networkingOf, udpOf } from '#src/discord/library/voice-library.ts';
import {
  listen,
  openSandboxLogin,
  openSetup,
  type SandboxLogin,
  toneFrames,
  until,
} from '#test/discord/setup/sandbox-login.ts';

const never = new AbortController().signal;
let opened: SandboxLogin | undefined;

function login(): SandboxLogin {
  if (!opened) throw new Error('the sandbox is not open');
  return opened;
}

beforeAll(async () => {
  opened = await openSandboxLogin(1);
});
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
});

/** The library's own connection under the open link. */
function connection(): VoiceConnection {
  const { lobby, client } = login();
  const found = getVoiceConnection(lobby.guildId, client.application.id);
  if (!found) throw new Error('no connection');
  return found;
}

/** Cuts the socket as a broken network does: no close frame, so the library resumes. */
function cutSocket(): void {
  const state = networkingOf(connection())?.state;
  if (!state || !('ws' in state)) throw new Error('no voice socket');
  const { ws } = state.ws as unknown as { readonly ws: { terminate(): void } };
  ws.terminate();
}

function play(link: VoiceLink, count: number) {
  const frames = toneFrames(login().codec, count);
  const log = { left: 0 };
  const source = { next: () => frames.shift(), left: () => log.left++, isIdle: true };
  link.play(source).wake();
  return log;
}

test('ten frames sent in the moment a link opens all arrive, every one sealed', async () => {
  await using setup = await openSetup(login(), () => true);
  const ann = login().sandbox.person('Ann');
  play(setup.link, 10);
  await until(() => setup.heard() === 10);
  expect(ann.heard.frames.filter(({ audible }) => audible).every(({ sealed }) => sealed)).toBe(
    true,
  );
});

test('of people who may not be heard the voice library holds no subscription', async () => {
  await using setup = await openSetup(login(), () => false);
  const log = listen(setup.link);
  await setup.speak();
  expect(log.packets).toBe(0);
  expect(connection().receiver.subscriptions.size).toBe(0);
});

test('consent that is taken back in mid-sentence holds at once', async () => {
  let allowed = true;
  await using setup = await openSetup(login(), () => allowed);
  const log = listen(setup.link);
  const speaking = setup.speak();
  await until(() => log.packets > 3);
  allowed = false;
  const { packets } = log;
  await speaking;
  expect(log.packets).toBeLessThanOrEqual(packets + 1);
  const { receiver } = connection();
  expect([receiver.subscriptions.size, receiver.speaking.users.size]).toEqual([0, 0]);
});

test('junk at the voice socket from a stranger changes nothing', async () => {
  await using setup = await openSetup(login(), () => true);
  const log = listen(setup.link);
  const state = networkingOf(connection())?.state;
  const udp = state && udpOf(state);
  if (!udp) throw new Error('no socket');
  const socket = innerUdp(udp).socket as ReturnType<typeof createSocket>;
  const stranger = createSocket('udp4');
  for (let length = 0; length <= 40; length++) {
    stranger.send(Buffer.alloc(length, 0x80), socket.address().port, '127.0.0.1');
  }
  await setup.speak();
  stranger.close();
  await until(() => log.packets >= 8);
});

test('a resumed voice socket speaks and hears on', async () => {
  await using setup = await openSetup(login(), () => true);
  const log = listen(setup.link);
  const resumed = once(connection(), 'ready', { signal: AbortSignal.timeout(2_000) });
  cutSocket();
  await resumed;
  const played = play(setup.link, 5);
  await setup.speak();
  await until(() => played.left === 5 && log.packets >= 8);
  expect(log.error).toBeUndefined();
});

test.each([4006, 4015])(
  'a voice session closed with %i is opened anew within two seconds',
  async (code) => {
    await using setup = await openSetup(login(), () => true);
    const log = listen(setup.link);
    login().cutVoice(code);
    const played = play(setup.link, 5);
    await wait(500);
    await until(() => played.left === 5);
    await setup.speak();
    await until(() => log.packets >= 8);
    expect(log.error).toBeUndefined();
  },
);

test.each([
  [4017, { code: 'link.no_end_to_end', retryable: false }],
  [4021, { code: 'link.rate_limited', retryable: true }],
])('after close code %i the link is over', async (code, error) => {
  await using setup = await openSetup(login(), () => true);
  const log = listen(setup.link);
  login().cutVoice(code);
  await until(() => log.error !== undefined);
  expect(log.error).toMatchObject(error);
  await until(() => login().sandbox.bot().channel === undefined);
});

test('being moved ends the link, and is not to be tried again', async () => {
  await using setup = await openSetup(login(), () => true);
  const log = listen(setup.link);
  login().sandbox.faults.moveBot('Attic');
  await until(() => log.error !== undefined);
  expect(log.error).toMatchObject({ code: 'link.lost', retryable: false });
  await until(() => login().sandbox.bot().channel === undefined);
});

test('opening is given up when the caller gives up, and the channel is left', async () => {
  const { sandbox, lobby, linkOpener } = login();
  const reason = new Error('stop');
  const stop = new AbortController();
  const opening = linkOpener().open(lobby, () => true, stop.signal);
  stop.abort(reason);
  await expect(opening).rejects.toBe(reason);
  await until(() => sandbox.bot().channel === undefined);
});

test('a second link to the same server ends the first', async () => {
  const { sandbox, lobby } = login();
  const linkOpener = login().linkOpener();
  const first = await linkOpener.open(lobby, () => true, never);
  const log = listen(first);
  const heard = first.hear(never)[Symbol.asyncIterator]().next();
  await using second = await linkOpener.open(lobby, () => true, never);
  await expect(heard).resolves.toMatchObject({ done: true });
  expect(log.error).toBeUndefined();
  expect(second.people()).toEqual([]);
  expect(sandbox.bot().channel).toBe('Lobby');
});

test('what a link counts can be read while it is open, and is told once more when it closes', async () => {
  const { events } = login();
  const before = events.length;
  const made = () => events.slice(before).find((event) => event.kind === 'link-made');
  {
    await using setup = await openSetup(login(), () => true);
    expect(made()?.counts()).toMatchObject({ opened: 0, sent: 0 });
    await setup.speak();
    await until(() => (made()?.counts().opened ?? 0) >= 8);
    const played = play(setup.link, 5);
    await until(() => played.left === 5);
    expect(made()?.counts().sent).toBeGreaterThanOrEqual(5);
  }
  const closed = () => events.slice(before).find((event) => event.kind === 'link-closed');
  await until(() => closed() !== undefined);
  expect(closed()?.counts).toEqual(made()?.counts());
});
