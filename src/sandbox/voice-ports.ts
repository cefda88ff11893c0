import type { Pcm } from '#src/audio/pcm.ts';

/** One person's right to one voice call, as the main gateway handed it out with op 4. */
export type VoiceTicket = {
  readonly guildId: string;
  readonly channelId: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly token: string;
};

/** The voice half of the small Discord: voice gateway v8, UDP, end-to-end group. */
export interface VoiceServer extends AsyncDisposable {
  /** `localhost:PORT`, as VOICE_SERVER_UPDATE names it. */
  readonly endpoint: string;
  /** PEM of the self-signed certificate behind `endpoint`. */
  readonly certificate: string;
  /** Lets this ticket identify; a former ticket of the same person in the same server is void. */
  admit(ticket: VoiceTicket): void;
  /** Ends the person's call there with `closeCode` (4014: disconnected). */
  expel(guildId: string, userId: string, closeCode: number): void;
}

/** When a simulated person spoke, on the clock all processes of the machine share. */
export type Spoken = {
  readonly firstPacketAtMs: number;
  /** First and last packet that carried voice, by the energy of the source; without any, the first packet. */
  readonly firstVoicedAtMs: number;
  readonly lastVoicedAtMs: number;
};

/** 20 ms that reached a simulated person: decrypted, decoded to 48 kHz mono. */
export type HeardFrame = {
  readonly fromUserId: string;
  readonly atMs: number;
  readonly samples: Int16Array;
  /** False for Discord's silence frames. */
  readonly audible: boolean;
  /** Whether it came end-to-end encrypted. */
  readonly sealed: boolean;
};

/** What went wrong between the socket and `onFrame`, counted since the client connected. */
export type VoiceCounts = {
  readonly sentPackets: number;
  readonly receivedPackets: number;
  /** Failed the transport cipher, or no RTP at all. */
  readonly unopened: number;
  /** Opened, but sealed for another group. */
  readonly stillSealed: number;
  /** Opened, but not Opus. */
  readonly undecodable: number;
  /** Of somebody the server has not named yet; the bound of what is kept was reached. */
  readonly unmapped: number;
};

/** A simulated person's end of a voice call: a real client over TLS and UDP. */
export interface VoiceClient extends AsyncDisposable {
  /**
   * Speaks `pcm` in real time, 20 ms a packet, then five silence frames; calls wait for each other.
   * A speech that is aborted ends without silence frames, as a broken line does.
   *
   * Errors: BotError `link.lost` when the server ended the call. Aborting `signal` throws its reason.
   */
  speak(pcm: Pcm, signal: AbortSignal): Promise<Spoken>;
  /** Called for each frame that could be opened and decoded, in order of arrival. */
  onFrame(listener: (frame: HeardFrame) => void): void;
  /**
   * Resolves when exactly `others` and oneself are in the call and, with DAVE, in its end-to-end group.
   *
   * Errors: BotError `link.lost` when the server ended the call. Aborting `signal` throws its reason.
   */
  settled(others: readonly string[], signal: AbortSignal): Promise<void>;
  counts(): VoiceCounts;
}
