import type { Pcm } from '#src/audio/pcm.ts';

/** One person's right to one voice call, as the main gateway handed it out with op 4. */
export type VoiceTicket = {
  readonly guildId: string;
  readonly channelId: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly token: string;
};

/** Rights that remain in a call to a person who is muted or deafened, by a moderator or by themselves, or in the audience. */
export type VoiceRights = { readonly speak: boolean; readonly hear: boolean };

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
  /** From the next packet on, in every call this person has there; until said, everything is allowed. */
  allow(guildId: string, userId: string, rights: VoiceRights): void;
  readonly faults: VoiceFaults;
}

/** Faults of one person's calls, on demand; the person need not be there yet, and others notice nothing. */
export type VoiceFaults = NetworkFaults &
  GatewayFaults & {
    /** Ends the faults of that person, or all of them. What is already under way still arrives. */
    heal(userId?: string): void;
  };

/** One way of a UDP path. Whatever is absent is perfect; the same seed gives the same fate to the same datagrams. */
export type PathFaults = {
  /** Nothing passes, voice, discovery and keep-alives alike. */
  readonly dead?: boolean;
  /** Share of datagrams that vanish, 0 to 1. */
  readonly loss?: number;
  /** Share of datagrams that arrive twice. */
  readonly duplicates?: number;
  /** Share of datagrams that wait for the next one to overtake them, or for 60 ms. */
  readonly reorder?: number;
  /** Every datagram is this late; at most 5000. With more than 500 on the way the newest is lost. */
  readonly delayMs?: number;
  /** Each is later by up to this much more; order is kept. */
  readonly jitterMs?: number;
  /** Default 1. */
  readonly seed?: number;
};

/**
 * A datagram a client is to refuse: `junk` looks like voice, and is noise; `short` has 0 to 20 random bytes; `bad tag` is a
 * packet of somebody in the call, but for its tag. `server` is the true address, `stranger` another port.
 */
export type Forgery = {
  readonly from: 'server' | 'stranger';
  readonly datagram: 'junk' | 'short' | 'bad tag' | Uint8Array;
};

export interface NetworkFaults {
  /** `up` leads from the person to the server, `down` back. Replaces what was said before; both default to perfect. */
  network(userId: string, ways: { readonly up?: PathFaults; readonly down?: PathFaults }): void;
  /** Sends it at once, past `network`; nothing happens until IP discovery has told where the person is. */
  forge(userId: string, forgery: Forgery): void;
}

/** A point in the life of a voice connection: op 0 came (nothing is answered), or op 7 came (the resume is refused). */
export type VoiceStep = 'identify' | 'resume';

export interface GatewayFaults {
  /** Closes the present socket with `code`. The session stays for a resume with codes below 4000 and 4015. */
  close(userId: string, code: number): void;
  /** Closes with `code` whenever `step` is reached. */
  closeAt(userId: string, step: VoiceStep, code: number): void;
  /** Leaves the present socket half open: from now on it reads and says nothing, and does not close. */
  freeze(userId: string): void;
  /** Op 5 comes `byMs` later than it should, so others overtake it; 0 ends it. */
  late(userId: string, event: 'speaking', byMs: number): void;
  /** Sends the person a frame as it is, JSON or bytes, without a number of its own. */
  send(userId: string, frame: string | Buffer): void;
  /** For new sockets of everybody: `hang` takes them and says nothing at all, `refuse` ends their handshake with a 503. */
  connections(state: 'open' | 'hang' | 'refuse'): void;
}

/**
 * Treatment of the microphone's sound by a person's client.
 *
 * - `gate`: as spoken, up to the last frame with voice; five silence frames follow at once.
 * - `release`: room noise at -55 dBFS beneath, and for 300 ms after the last voice; then five silence frames. Real clients do this.
 * - `open`: room noise from entering the call until leaving it, never a silence frame.
 */
export type MicrophoneProfile = 'gate' | 'release' | 'open';

export type Microphone = {
  readonly profile: MicrophoneProfile;
  /** Seed of the room noise; default 1. */
  readonly seed?: number;
};

/** 20 ms of a speech that was encoded beforehand; `voiced` by the energy of its source. */
export type EncodedFrame = { readonly opus: Buffer; readonly voiced: boolean };
/** Something to say up to its last frame with voice: whoever measures the bot encodes it before, so that speaking costs little. */
export type EncodedSpeech = { readonly frames: readonly EncodedFrame[] };

/** When a simulated person spoke, on the clock all processes of the machine share. */
export type SpokenTimes = {
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

/** Packet counts between the socket and `onFrame` since the client connected. */
export type VoiceCounts = {
  readonly sentPackets: number;
  /** Speech that left more than 20 ms after it was due, among `sentPackets`: the sandbox itself was too slow. */
  readonly latePackets: number;
  readonly receivedPackets: number;
  /** Failed the transport cipher, or no RTP at all. */
  readonly unopened: number;
  /** Opened, but sealed for another group. */
  readonly stillSealed: number;
  /** Opened, but not Opus. */
  readonly undecodable: number;
  /** Frames from a speaker the server has not named yet, dropped because the buffer was full. */
  readonly unmapped: number;
};

/** A simulated person's end of a voice call: a real client over TLS and UDP. */
export interface VoiceClient extends AsyncDisposable {
  /**
   * Speaks in real time, 20 ms a packet, and what the microphone adds; calls wait for each other. What is encoded already leaves
   * as it is, without noise of the room.
   * Ends after the silence frames, with an open microphone after the last frame with voice. A speech that is aborted
   * ends without silence frames, as a broken line does.
   *
   * Errors: BotError `link.lost` when the server ended the call. Aborting `signal` throws its reason.
   */
  speak(speech: Pcm | EncodedSpeech, signal: AbortSignal): Promise<SpokenTimes>;
  /** Sends 20 ms of a live microphone at once: Opus as it is, samples (48 kHz mono) encoded; nothing during a speech. */
  live(frame: Buffer | Int16Array): void;
  /** The live microphone is off, as it also is after 100 ms without a frame: silence frames follow. */
  endLive(): void;
  /** Another microphone from the end of the present speech on; the first is `gate`. */
  useMicrophone(microphone: Microphone): void;
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
