import type { Interactions } from '#sandbox/interactions/interactions.ts';
import type { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import type { VoiceServer } from '#sandbox/voice-server/voice-server.ts';
import type { Guild, World } from '#sandbox/world/world.ts';
import type { MessageBoard } from '#sandbox/world/world-messages.ts';
import type { Seats } from '#sandbox/world/world-seats.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';

/** Opens a person's end of a voice call. */
export type ConnectVoice = typeof connectVoice;

/** Parts of the sandbox that a person uses. */
export type Surroundings = {
  readonly world: World;
  readonly guild: Guild;
  readonly seats: Seats;
  readonly board: MessageBoard;
  readonly interactions: Interactions;
  readonly voice: Pick<VoiceServer, 'endpoint' | 'certificate'>;
  readonly connect: ConnectVoice;
  readonly codec: OpusCodec;
};
