import type { ChannelId } from '#src/base/ids.ts';
import type { World } from './world.ts';
import type { Json } from './world-json.ts';

/** A file on its way in, from the bot or from a person. */
export type Upload = {
  readonly name: string;
  /** Type as in a Content-Type header. */
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly description?: string;
  /** Length of a voice message. Absent: the file is none. */
  readonly voiceSeconds?: number;
};

/** A file that hangs on a message or a command. */
export type Attachment = Omit<Upload, 'bytes'> & {
  readonly id: string;
  readonly sizeBytes: number;
  /** Served without a token, by the sandbox itself. */
  readonly url: string;
};

/**
 * Largest file that the bot may upload, in bytes. Discord takes 20 MiB since September 2026, and took 10 MiB before: a bot
 * that holds the smaller bound is well under both. Source: https://discord.com/developers/docs/reference#uploading-files
 */
export const maxFileBytes: number = 10 * 1024 * 1024;
/** Bytes of all files that are kept. The oldest file is forgotten first, and not found from then on. */
const maxKeptBytes = 64 * 1024 * 1024;

/** Every file of this Discord, by id, with its bytes. */
export class Attachments {
  readonly #world: Pick<World, 'ids'>;
  readonly #files = new Map<string, Upload>();
  #sizeBytes = 0;
  #origin = 'https://localhost';

  constructor(world: Pick<World, 'ids'>) {
    this.#world = world;
  }

  /**
   * Sets the `origin` with which urls begin from now on, say `https://localhost:4000`.
   */
  setOrigin(origin: string): void {
    this.#origin = origin;
  }

  /** Keeps a file, and returns it with its id and address. The oldest files are forgotten beyond 64 MiB in all. */
  keepFile(channelId: ChannelId, upload: Upload): Attachment {
    const id = this.#world.ids.mintId();
    this.#files.set(id, upload);
    this.#sizeBytes += upload.bytes.length;
    this.#forgetOldest();
    const { bytes, ...fields } = upload;
    const path = `/attachments/${channelId}/${id}/${encodeURIComponent(upload.name)}`;
    return { ...fields, id, sizeBytes: bytes.length, url: this.#origin + path };
  }

  /** Finds a file by its id. Undefined once it is forgotten. */
  find(id: string): Upload | undefined {
    return this.#files.get(id);
  }

  #forgetOldest() {
    for (const [id, { bytes }] of this.#files) {
      if (this.#sizeBytes <= maxKeptBytes) return;
      this.#files.delete(id);
      this.#sizeBytes -= bytes.length;
    }
  }
}

/** Builds a file as a message or a command carries it. */
export function toAttachmentJson(attachment: Attachment): Json {
  const { id, name, type, sizeBytes, url, description, voiceSeconds } = attachment;
  return {
    id,
    filename: name,
    content_type: type,
    size: sizeBytes,
    url,
    proxy_url: url,
    description,
    duration_secs: voiceSeconds,
    ...(voiceSeconds !== undefined && {
      waveform: Buffer.alloc(64).toString('base64'),
    }),
  };
}
