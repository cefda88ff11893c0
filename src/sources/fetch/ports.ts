import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';

/** A file on another server, with its claimed properties, which may be wrong. */
export type SoundFile = {
  readonly url: string;
  /** The content, where it came with the request: then nothing is fetched. */
  readonly bytes?: Uint8Array;
  readonly name: string;
  /** Media type, written as in a Content-Type header. */
  readonly type?: string;
  readonly sizeBytes?: number;
  readonly durationMs?: number;
  /** Id of the sender: only one file of each sender is read at a time. */
  readonly personId?: string;
};

/** Recordings people send. */
export interface RecordingReader {
  /**
   * The sound of a file, 16 kHz mono and at most `longestMs` long; 120 s where that is left out.
   *
   * Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`.
   */
  read(file: SoundFile, signal: AbortSignal, longestMs?: number): Promise<Pcm>;
}

/** Small files people send that are no sounds. */
export interface FileReader {
  /**
   * All bytes of a text file, `mostBytes` of them at most.
   *
   * Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`.
   */
  read(file: SoundFile, mostBytes: number, signal: AbortSignal): Promise<Uint8Array>;
}

/** Server and person that asked for a sound: a broken decoder affects this server at most, and counts against this person. */
export type Requester = { readonly guildId: string; readonly personId?: string };

/** Origin of a sound's bytes. The first bytes decide the format, not the name. */
export type Where =
  /** A file the owner of the machine put there; never a path from a stranger. */
  (
    | { readonly kind: 'file'; readonly path: string }
    /** A web page or an attachment, fetched behind the guard; `type` is its claimed media type. */
    | { readonly kind: 'link'; readonly url: string; readonly type?: string }
  ) & {
    /** Left out for the owner's own sounds. */
    readonly requester?: Requester;
    /** Title shown to people; else the last part of the path or link. */
    readonly title?: string;
  };

/** Fields left out are the usual ones. */
export type SourceLimits = {
  /** Longest sound that has an end, in ms; 3 h. A live stream plays as long as it is wanted. */
  readonly longestMs?: number;
  /** Largest file or link that tells its size, or ends, in bytes; 256 MiB. */
  readonly mostBytes?: number;
  /** Longest wait for the first bytes, in ms; 10 s. */
  readonly firstByteMs?: number;
  /** Longest silence of a stream that stops sending, in ms; 10 s. */
  readonly idleMs?: number;
  /** Longest sum of all waits for the bytes of a file, in ms, beyond the sound that came of them; 120 s. */
  readonly waitMs?: number;
  /** Samples only, cut exactly where the file says; else Opus passes through, with up to 20 ms too much at both ends. */
  readonly isExact?: boolean;
};

/** Makes anything that holds sound playable. */
export interface SoundOpener {
  /**
   * Reads the first bytes and refuses unplayable sounds; decodes nothing yet.
   *
   * Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`; it has no effect on an open source.
   */
  openSource(where: Where, limits: SourceLimits, signal: AbortSignal): Promise<SoundSource>;
}

/** A sound that lies on this machine. */
export type ShelvedSound = {
  /** Its folders and itself, as `weather/heavy rain`. */
  readonly name: string;
  /** Title in the tags of its file, if any. */
  readonly title?: string;
  readonly artist?: string;
};

/** Sounds that lie on this machine, by name. */
export interface SoundFolder {
  /** Sorted; files that were added meanwhile are among them. */
  names(): Promise<readonly string[]>;
  /**
   * Gives the same names with the titles of their files, as far as they are known after 3 s; the next call reads the
   * rest.
   * Aborting `signal` throws `signal.reason`.
   */
  titled(signal: AbortSignal): Promise<readonly ShelvedSound[]>;
  /** Undefined where there is no sound of that name; any string is allowed. Errors: as `openSource`. */
  open(name: string, signal: AbortSignal): Promise<SoundSource | undefined>;
}
