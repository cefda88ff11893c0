import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';

/** A file somebody else keeps, and what is said of it, true or not. */
export type SoundFile = {
  readonly url: string;
  /** What is in it, where it came with the request: then nothing is fetched. */
  readonly bytes?: Uint8Array;
  readonly name: string;
  /** As a Content-Type header names it. */
  readonly type?: string;
  readonly sizeBytes?: number;
  readonly durationMs?: number;
  /** Who sent it: one of theirs at a time is read. */
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

/** Samples without a header: 16 bit, little-endian, channels interleaved. */
export type RawFormat = { readonly rateHz: number; readonly channels: 1 | 2 };

/** Who a sound is for: what breaks its decoder is felt in this server at most, and counts against this person. */
export type Requester = { readonly guildId: string; readonly personId?: string };

/** Where the bytes of a sound come from. But for `raw` their first bytes tell what they are, whatever they are called. */
export type Where =
  /** A file the owner of the machine put there; never one whose path a stranger gave. */
  (
    | { readonly kind: 'file'; readonly path: string }
    /** Behind the guard: a page of the web, or an attachment; `type` as somebody says it is. */
    | { readonly kind: 'link'; readonly url: string; readonly type?: string }
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly raw?: RawFormat }
    /** Comes once; pulled no faster than it is played. */
    | {
        readonly kind: 'stream';
        readonly bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
        readonly raw?: RawFormat;
      }
  ) & {
    /** Left out for the owner's own sounds. */
    readonly requester?: Requester;
    /** What people see; else the last part of the path or link. */
    readonly title?: string;
  };

/** Fields left out are the usual ones. */
export type SourceLimits = {
  /** Of a sound that has an end; 3 h. A live stream plays as long as it is wanted. */
  readonly longestMs?: number;
  /** Of a file or link that tells its size, or ends; 256 MiB. */
  readonly mostBytes?: number;
  /** Until the first bytes are here; 10 s. */
  readonly firstByteMs?: number;
  /** Of a stream that stops sending; 10 s. */
  readonly idleMs?: number;
  /** Of all waiting for the bytes of a file, in sum, beyond the sound that came of them; 120 s. */
  readonly waitMs?: number;
  /** Samples only, cut exactly where the file says; else Opus passes through, with up to 20 ms too much at both ends. */
  readonly isExact?: boolean;
};

/** Makes anything that holds sound playable. */
export interface SoundOpener {
  /**
   * Looks at the first bytes and refuses what cannot be played; decodes nothing yet.
   *
   * Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`; once open, it does not matter any more.
   */
  openSource(where: Where, limits: SourceLimits, signal: AbortSignal): Promise<SoundSource>;
}

/** A sound that lies on this machine. */
export type ShelvedSound = {
  /** Its folders and itself, as `weather/heavy rain`. */
  readonly name: string;
  /** As its file has them, where it does. */
  readonly title?: string;
  readonly artist?: string;
};

/** Sounds that lie on this machine, by name. */
export interface SoundShelf {
  /** Sorted; files that were added meanwhile are among them. */
  names(): Promise<readonly string[]>;
  /**
   * As `names`, with what their files are titled, as far as that is known after 3 s: the rest is read when it is asked again.
   * Aborting `signal` throws `signal.reason`.
   */
  titled(signal: AbortSignal): Promise<readonly ShelvedSound[]>;
  /** Undefined where there is no sound of that name, whatever it is made of. Errors: as `openSource`. */
  open(name: string, signal: AbortSignal): Promise<SoundSource | undefined>;
}
