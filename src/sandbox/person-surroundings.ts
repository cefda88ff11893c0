import type { OpusCodec } from '#src/audio/opus.ts';
import type { Interactions } from './interactions.ts';
import type { VoiceClient, VoiceServer, VoiceTicket } from './voice-ports.ts';
import type { Guild, World } from './world.ts';
import type { MessageBoard } from './world-messages.ts';
import type { Seats } from './world-seats.ts';

/** Opens a person's end of a voice call. */
export type ConnectVoice = (
  call: {
    readonly endpoint: string;
    readonly certificate: string;
    readonly ticket: VoiceTicket;
    readonly codec: OpusCodec;
  },
  signal: AbortSignal,
) => Promise<VoiceClient>;

/** What a person needs of the sandbox they live in. */
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
