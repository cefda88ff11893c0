import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';

/** One person's right to one voice call, as the main gateway handed it out with op 4. */
export type VoiceTicket = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly userId: PersonId;
  readonly sessionId: string;
  readonly token: string;
};

/** Rights that mute, deafening or the audience leave to a person in a call. */
export type VoiceRights = { readonly speak: boolean; readonly hear: boolean };

/** One way of a UDP path. Whatever is absent is perfect. Each path gives the same fate to the same datagrams. */
export type PathFaults = {
  /** Nothing passes, voice, discovery and keep-alives alike. */
  readonly dead?: boolean;
  /** Share of datagrams that vanish, 0 to 1. */
  readonly loss?: number;
  /** Share of datagrams that arrive twice. */
  readonly duplicates?: number;
  /** Share of datagrams that wait for the next one to overtake them, or for 60 ms. */
  readonly reorder?: number;
  /** Every datagram is this late. At most 5000. With more than 500 on the way the newest is lost. */
  readonly delayMs?: number;
  /** Each is later by up to this much more. Order is kept. */
  readonly jitterMs?: number;
};

/**
 * Treatment of the microphone's sound by a person's client.
 *
 * - `gate`: as spoken, up to the last frame with voice. Five silence frames follow at once.
 * - `release`: room noise at -55 dBFS beneath, and for 300 ms after the last voice. Then five silence frames. Real clients do this.
 * - `open`: room noise from entering the call until leaving it, never a silence frame.
 */
export type MicrophoneProfile = 'gate' | 'release' | 'open';

/** A microphone while its person is in a call. */
export type OpenMicrophone = {
  readonly profile: MicrophoneProfile;
  /** End-to-end encryption of the microphone: right (default), none of it or every tenth frame not, or such that nobody can open it. */
  readonly sealing?: 'usual' | 'none' | 'mostly' | 'damaged';
};

/** 20 ms of a speech that was encoded beforehand. `voiced` by the energy of its source. */
type EncodedFrame = { readonly opus: Buffer; readonly voiced: boolean };
/** A speech up to its last frame with voice: a program that measures the bot encodes it before, so that speaking costs little. */
export type EncodedSpeech = { readonly frames: readonly EncodedFrame[] };

/** When a simulated person spoke, on the clock all processes of the machine share. */
export type SpokenTimes = {
  readonly firstPacketAtMs: number;
  /** First and last packet that carried voice, by the energy of the source. Without any, the first packet. */
  readonly firstVoicedAtMs: number;
  readonly lastVoicedAtMs: number;
};

/** 20 ms that reached a simulated person: decrypted, decoded to 48 kHz mono. */
export type HeardFrame = {
  readonly fromUserId: PersonId;
  readonly atMs: number;
  readonly samples: Int16Array;
  /** Opus packet, which holds both sides. */
  readonly opus: Uint8Array;
  /** False for Discord's silence frames. */
  readonly audible: boolean;
  /** Whether it came end-to-end encrypted. */
  readonly sealed: boolean;
};

/** Packet counts between the socket and `onFrame` since the client connected. */
export type VoiceCounts = {
  readonly sentPackets: number;
  /** Speech that left more than 20 ms after it was due, among `sentPackets`: the sandbox itself was too slow. */
  readonly latePackets: number;
  /** Received, but sealed for another group, or not Opus. */
  readonly unheardPackets: number;
};
