import type {
  HeardFrame,
  VoiceClient,
  VoiceServer,
  VoiceTicket,
} from '#sandbox/voice/voice-ports.ts';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Pcm } from '#src/audio/pcm.ts';

export const guildId = '999999999999999999';
const channelId = '222222222222222222';
export const ada = '111111111111111111';
export const bob = '333333333333333333';

/** It only ends what hangs. */
export const soon = (): AbortSignal => AbortSignal.timeout(30_000);

export function ticketOf(userId: string): VoiceTicket {
  return { guildId, channelId, userId, sessionId: `session-${userId}`, token: `token-${userId}` };
}

/** Somebody new in the call; `endpoint` may be a detour. */
export async function enter(
  server: VoiceServer,
  userId: string,
  endpoint = server.endpoint,
): Promise<VoiceClient> {
  const ticket = ticketOf(userId);
  server.admit(ticket);
  const { certificate } = server;
  return await connectVoice({ endpoint, certificate, ticket, codec: await loadOpus() }, soon());
}

/** Waits until all of them are in one group. */
export async function settle(people: Readonly<Record<string, VoiceClient>>): Promise<void> {
  const ids = Object.keys(people);
  const waits = ids.map((id) =>
    people[id]?.settled(
      ids.filter((one) => one !== id),
      soon(),
    ),
  );
  await Promise.all(waits);
}

/** A tone that climbs, so that no part of it is like another. */
export function chirp(ms: number, fromHz: number, rateHz = 24_000): Pcm {
  const samples = Int16Array.from({ length: (rateHz * ms) / 1000 }, (_, n) => {
    const atS = n / rateHz;
    return 8000 * Math.sin(2 * Math.PI * (fromHz * atS + 300 * atS * atS));
  });
  return { samples, rateHz, channels: 1 };
}

export type CallRecording = { readonly frames: HeardFrame[]; pcm(from: string): Pcm };

export function record(client: VoiceClient): CallRecording {
  const frames: HeardFrame[] = [];
  client.onFrame((frame) => frames.push(frame));
  const pcm = (from: string): Pcm => {
    const own = frames.filter(({ fromUserId }) => fromUserId === from);
    return {
      samples: Int16Array.from(own.flatMap(({ samples }) => [...samples])),
      rateHz: 48_000,
      channels: 1,
    };
  };
  return { frames, pcm };
}

/** Waits for the `count`th frame; the packets of a finished speech are still on their way for a moment. */
export async function heardFrames(recorded: CallRecording, count: number): Promise<void> {
  const signal = soon();
  while (recorded.frames.length < count && !signal.aborted) await new Promise(setImmediate);
}
