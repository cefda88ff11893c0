import '#src/discord/library/sodium.ts';
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
import type { VoiceServer } from '#sandbox/voice/voice-ports.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { channelId, guildId, soon, ticketOf } from '#test/sandbox/voice/voice-callers.ts';

export const bot = '555555555555555555';

/** The voice library as it is, joined to `server` without a main gateway; its certificate is trusted meanwhile. */
export async function join(server: VoiceServer) {
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
export function listen(connection: VoiceConnection, userId: string): Buffer[] {
  const packets: Buffer[] = [];
  const end = { behavior: EndBehaviorType.Manual } as const;
  const stream = connection.receiver.subscribe(userId, { end });
  stream.on('data', (packet: Buffer) => packets.push(packet));
  stream.on('error', (error) => packets.push(Buffer.from(error.message)));
  return packets;
}

export async function play(connection: VoiceConnection, pcm: Pcm): Promise<void> {
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

export async function decoded(packets: readonly Buffer[]): Promise<Pcm> {
  const decoder = (await loadOpus()).decoder(16_000);
  const samples = packets.flatMap((packet) => [...decoder.decode(packet)]);
  decoder.free();
  return { samples: Int16Array.from(samples), rateHz: 16_000, channels: 1 };
}

/** Privacy code of the library's group: 30 digits, or none. */
export function privacyCode({ state }: VoiceConnection): string | undefined {
  if (!('networking' in state) || state.networking.state.code !== NetworkingStatusCode.Ready)
    return;
  return state.networking.state.dave?.voicePrivacyCode ?? undefined;
}

/** Encryption mode that the library chose. */
export function cipherOf({ state }: VoiceConnection): string | undefined {
  if (!('networking' in state) || state.networking.state.code !== NetworkingStatusCode.Ready)
    return;
  return state.networking.state.connectionData.encryptionMode;
}
