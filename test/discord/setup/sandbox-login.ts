import { setTimeout as wait } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type OpenDaveSession, openDavey } from '#sandbox/dave/dave-member.ts';
import { openSandbox, type VoiceHalf } from '#sandbox/sandbox.ts';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import {
  openVoiceServer,
  type VoiceServer,
} from '#sandbox/voice-server/voice-server.ts';
import { loadOpus, type OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { realClock } from '#src/base/clock.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { CipherMode } from '#src/discord/link/voice-library.ts';
import { DiscordLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import { closeClient, createClient, logIn } from '#src/discord/login.ts';
import type { MayHear, VoiceLink } from '#src/ports/voice-link.ts';
import type { LinkSetup } from '#test/contracts/voice-link-contract.ts';

const neverAborted = new AbortController().signal;

export type SandboxLogin = Awaited<ReturnType<typeof openSandboxLogin>>;

/** The login of all tests of a file; faults end with each test. */
export function openFileLogin(
  ...options: Parameters<typeof openSandboxLogin>
): () => SandboxLogin {
  let opened: SandboxLogin | undefined;
  const getLogin = () => {
    if (!opened) throw new Error('the sandbox is not open');
    return opened;
  };
  beforeAll(async () => {
    opened = await openSandboxLogin(...options);
  });
  afterEach(() => getLogin().faults.heal());
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]();
  });
  return getLogin;
}

/** A sandbox in this process with a logged-in client; certificates are trusted until it closes. */
export async function openSandboxLogin(
  dave: 0 | 1,
  heartbeatMs?: number,
  openSession?: OpenDaveSession,
) {
  const codec = await loadOpus();
  const servers: VoiceServer[] = [];
  const voice = makeVoiceHalf(codec, servers, heartbeatMs, openSession);
  const sandbox = await openSandbox({ voice, dave, voiceChannels: ['Lobby', 'Attic'] });
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, sandbox.certificate]);
  const { apiUrl, token, guildId } = sandbox;
  const login = { token, apiUrl, timeoutMs: 5_000 };
  const client = await logIn(createClient(login), login, neverAborted);
  client.setMaxListeners(0); // each test opens links of its own
  const events: DiscordEvent[] = [];
  const [server] = servers;
  if (!server) throw new Error('the sandbox opened no voice server');
  return {
    sandbox,
    client,
    /** Faults of the bot's own call; healed by hand. */
    faults: server.faults,
    codec,
    lobby: { guildId, channelId: sandbox.channelId('Lobby'), name: 'Lobby' },
    events,
    /** An opener of links with a rate limit of its own, as after a minute's rest. */
    linkOpener: (
      connectMs?: number,
      onLeaving = () => Promise.resolve(),
      cipher?: CipherMode,
    ) =>
      new DiscordLinkOpener(client, realClock, (event) => events.push(event), {
        onLeaving,
        cipher,
        ...(connectMs === undefined ? {} : { connectMs }),
      }),
    async [Symbol.asyncDispose]() {
      await closeClient(client);
      await sandbox[Symbol.asyncDispose]();
      setDefaultCACertificates(trusted);
    },
  };
}

/** The sandbox's own voice; the server it opens is noted in `servers`. */
export function makeVoiceHalf(
  codec: OpusCodec,
  servers: VoiceServer[] = [],
  heartbeatMs?: number,
  openSession = openDavey,
): VoiceHalf {
  return {
    async open(options) {
      const server = await openVoiceServer({ ...options, heartbeatMs });
      servers.push(server);
      return server;
    },
    connect: (options, signal) => connectVoice({ ...options, openSession }, signal),
    makeCodec: async () => codec,
  };
}

/** A tone, 20 ms a frame, as playback would hand it over. */
export function makeToneFrames(codec: OpusCodec, count: number) {
  const encoder = codec.createEncoder(24_000);
  const frames = Array.from({ length: count }, (_, n) =>
    Buffer.from(encoder.encode(makeTone(n, 480))),
  );
  return frames;
}

/** Part `n` of a tone of about 440 Hz at 24 kHz. */
function makeTone(n: number, length: number) {
  const findPhase = (index: number) =>
    ((n * length + index) * 2 * Math.PI * 440) / 24_000;
  return Int16Array.from({ length }, (_, index) => 8_000 * Math.sin(findPhase(index)));
}

/** An open link to the lobby, where only Ann sits: she comes before the bot, or after it. */
export async function openLinkSetup(
  login: SandboxLogin,
  mayHear: MayHear,
  first: 'person' | 'bot' = 'person',
): Promise<LinkSetup & { link: VoiceLink }> {
  const { sandbox, lobby } = login;
  const ann = sandbox.person('Ann');
  if (first === 'person') await ann.join('Lobby', neverAborted);
  const link = await login.linkOpener().openLink(lobby, mayHear, neverAborted);
  if (first === 'bot') await ann.join('Lobby', neverAborted);
  await ann.settled(AbortSignal.timeout(30_000));
  const countBefore = ann.heard.frames.filter(({ audible }) => audible).length;
  return {
    link,
    speakerId: ann.id,
    async speak() {
      await ann.say(
        { samples: makeTone(0, 24_000 / 4), rateHz: 24_000, channels: 1 },
        neverAborted,
      );
    },
    pass: (ms) => wait(ms),
    getHeard: () =>
      ann.heard.frames.filter(({ audible }) => audible).length - countBefore,
    lose: () => sandbox.guild().disconnectBot(),
    async [Symbol.asyncDispose]() {
      await link[Symbol.asyncDispose]();
      await ann.leave();
      await waitUntil(() => !sandbox.bot().channel);
    },
  };
}

/** Polls for at most half a minute, which only ends what hangs. */
export async function waitUntil(condition: () => boolean) {
  const deadlineMs = realClock.nowMs() + 30_000;
  while (!condition()) {
    if (realClock.nowMs() > deadlineMs)
      throw new Error(`Never came true: ${condition}`);
    await wait(5);
  }
}

/** Counts what a link hears until it ends; the error it ends with. */
export function collectFrames(link: VoiceLink) {
  const log = { packets: 0, error: undefined as unknown };
  void (async () => {
    try {
      for await (const _ of link.receivePackets(neverAborted)) log.packets++;
    } catch (error) {
      log.error = error;
    }
  })();
  return log;
}
