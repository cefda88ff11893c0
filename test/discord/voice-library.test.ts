import '#src/discord/sodium.ts';
import { Readable } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  AudioPlayerStatus,
  createAudioPlayer,
  createAudioResource,
  EndBehaviorType,
  entersState,
  joinVoiceChannel,
  NetworkingStatusCode,
  StreamType,
  type VoiceConnection,
  VoiceConnectionStatus,
} from '@discordjs/voice';
import { expect, test } from 'vitest';
import { loadOpus } from '#src/audio/load-opus.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { similarity } from '#src/audio/similarity.ts';
import type { VoiceServer } from '#src/sandbox/voice-ports.ts';
import { openVoiceServer } from '#src/sandbox/voice-server.ts';
import {
  ada,
  bob,
  channelId,
  cleo,
  enter,
  guildId,
  heardFrames,
  record,
  soon,
  speech,
  ticketOf,
} from '#test/sandbox/voice-callers.ts';

const bot = '555555555555555555';

/** The voice library as it is, joined to `server` without a main gateway; its certificate is trusted meanwhile. */
async function join(server: VoiceServer) {
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, server.certificate]);
  let signalled = 0;
  const connection = joinVoiceChannel({
    guildId,
    channelId,
    group: 'voice-library',
    selfDeaf: false,
    adapterCreator: ({ onVoiceStateUpdate, onVoiceServerUpdate }) => ({
      sendPayload: ({ d }) => {
        if (d.channel_id === null) return true;
        const { token, sessionId } = ticketOf(bot);
        server.admit({ ...ticketOf(bot), token: `${token}-${++signalled}` });
        const state = {
          guild_id: guildId,
          channel_id: channelId,
          user_id: bot,
          session_id: sessionId,
        };
        onVoiceStateUpdate(state as Parameters<typeof onVoiceStateUpdate>[0]);
        const endpoint = server.endpoint;
        onVoiceServerUpdate({ token: `${token}-${signalled}`, guild_id: guildId, endpoint });
        return true;
      },
      destroy: () => {},
    }),
  });
  connection.on('error', () => {});
  await entersState(connection, VoiceConnectionStatus.Ready, soon());
  return {
    connection,
    signalled: () => signalled,
    [Symbol.dispose]: () => {
      connection.destroy();
      setDefaultCACertificates(trusted);
    },
  };
}

/** The opus packets that the library hands out of one person. */
function listen(connection: VoiceConnection, userId: string): Buffer[] {
  const packets: Buffer[] = [];
  const end = { behavior: EndBehaviorType.Manual } as const;
  const stream = connection.receiver.subscribe(userId, { end });
  stream.on('data', (packet: Buffer) => packets.push(packet));
  stream.on('error', (error) => packets.push(Buffer.from(error.message)));
  return packets;
}

async function play(connection: VoiceConnection, pcm: Pcm): Promise<void> {
  const encoder = (await loadOpus()).encoder(16_000);
  const frames = Array.from({ length: Math.floor(pcm.samples.length / 320) }, (_, n) =>
    encoder.encode(pcm.samples.slice(n * 320, (n + 1) * 320)),
  );
  encoder.free();
  const player = createAudioPlayer();
  connection.subscribe(player);
  player.play(createAudioResource(Readable.from(frames), { inputType: StreamType.Opus }));
  await entersState(player, AudioPlayerStatus.Playing, soon());
  await entersState(player, AudioPlayerStatus.Idle, soon());
}

async function decoded(packets: readonly Buffer[]): Promise<Pcm> {
  const decoder = (await loadOpus()).decoder(16_000);
  const samples = packets.flatMap((packet) => [...decoder.decode(packet)]);
  decoder.free();
  return { samples: Int16Array.from(samples), rateHz: 16_000, channels: 1 };
}

/** What the library says of its group: a code of 30 digits, or none. */
function privacyCode({ state }: VoiceConnection): string | undefined {
  if (!('networking' in state) || state.networking.state.code !== NetworkingStatusCode.Ready)
    return;
  return state.networking.state.dave?.voicePrivacyCode ?? undefined;
}

test('the unmodified voice library joins, hears and is heard end to end', async () => {
  await using server = await openVoiceServer();
  await using person = await enter(server, ada);
  using joined = await join(server);
  await person.settled([bot], soon());
  const said = await speech('human-cards-001');
  const packets = listen(joined.connection, ada);
  await person.speak(said, soon());
  expect(packets.length).toBeGreaterThan(56);
  expect(similarity(await decoded(packets), said)).toBeGreaterThan(0.9);
  const heard = record(person);
  await play(joined.connection, said);
  await heardFrames(heard, 58);
  expect(heard.frames.filter(({ audible, sealed }) => audible && !sealed)).toEqual([]);
  expect(similarity(heard.pcm(bot), said)).toBeGreaterThan(0.9);
  expect(privacyCode(joined.connection)).toMatch(/^\d{30}$/);
});

test('the voice library keeps up with people who come and go', async () => {
  await using server = await openVoiceServer();
  await using person = await enter(server, ada);
  using joined = await join(server);
  const codes = new Set<string | undefined>();
  for (const [round, userId] of [bob, cleo, bob, cleo].entries()) {
    await using guest = await enter(server, userId);
    await Promise.all([guest.settled([ada, bot], soon()), person.settled([userId, bot], soon())]);
    const packets = listen(joined.connection, userId);
    await guest.speak(await speech('human-cards-001'), AbortSignal.timeout(300)).catch(() => {});
    expect(packets.length, `round ${round}`).toBeGreaterThan(8);
    expect(packets.filter((packet) => packet.readUInt16BE(packet.length - 2) === 0xfafa)).toEqual(
      [],
    );
    codes.add(privacyCode(joined.connection));
  }
  expect(codes.size).toBe(4);
});

test('the voice library resumes when its socket breaks', async () => {
  await using server = await openVoiceServer();
  await using person = await enter(server, ada);
  using joined = await join(server);
  await person.settled([bot], soon());
  const { state } = joined.connection;
  if (state.status !== VoiceConnectionStatus.Ready) throw new Error(state.status);
  const { networking } = state;
  if (!('ws' in networking.state)) throw new Error('no socket');
  const opened = networking.state.ws;
  (opened as unknown as { ws: { terminate(): void } }).ws.terminate();
  await using guest = await enter(server, bob);
  await Promise.all([guest.settled([ada, bot], soon()), person.settled([bob, bot], soon())]);
  expect(joined.signalled()).toBe(1);
  const packets = listen(joined.connection, bob);
  await guest.speak(await speech('human-cards-001'), soon());
  expect(packets.length).toBeGreaterThan(56);
});

test('the voice library comes back by itself after its session ended', async () => {
  await using server = await openVoiceServer();
  await using person = await enter(server, ada);
  using joined = await join(server);
  await person.settled([bot], soon());
  server.expel(guildId, bot, 4006);
  await person.settled([], soon());
  await entersState(joined.connection, VoiceConnectionStatus.Ready, soon());
  await person.settled([bot], soon());
  expect(joined.signalled()).toBe(2);
});
