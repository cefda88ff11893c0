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

/** Origin of a sound's bytes. The first bytes decide the format, not the name. */
export type Where =
  /** A file the owner of the machine put there; never a path from a stranger. */
  (
    | { readonly kind: 'file'; readonly path: string }
    /** A web page or an attachment, fetched behind the guard; `type` is its claimed media type. */
    | { readonly kind: 'link'; readonly url: string; readonly type?: string }
  ) & {
    /** Title shown to people; else the last part of the path or link. */
    readonly title?: string;
  };

/** Makes anything that holds sound playable. */
export interface SoundOpener {
  /**
   * Reads the first bytes and refuses unplayable sounds; decodes nothing yet.
   *
   * Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`; it has no effect on an open source.
   */
  openSource(where: Where, signal: AbortSignal): Promise<SoundSource>;
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
