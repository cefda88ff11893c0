import type { World } from './world.ts';
import type { Json } from './world-json.ts';

/** A file on its way in, from the bot or from a person. */
export type Upload = {
  readonly name: string;
  /** Type as in a Content-Type header. */
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly description?: string;
  /** Makes it a voice message, this long. */
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
export const maxFileBytes = 10 * 1024 * 1024;
/** Keeps this much in all. The oldest file is forgotten first, and not found from then on. */
const maxKeptBytes = 64 * 1024 * 1024;

export type Attachments = ReturnType<typeof createAttachments>;

/** Every file of this Discord, by id, with its bytes. */
export function createAttachments(world: Pick<World, 'ids'>) {
  const kept = new Map<string, Upload>();
  let sizeBytes = 0;
  let fileOrigin = 'https://localhost';

  function forgetOldest() {
    for (const [id, { bytes }] of kept) {
      if (sizeBytes <= maxKeptBytes) return;
      kept.delete(id);
      sizeBytes -= bytes.length;
    }
  }

  return {
    /**
     * Sets the `origin` with which urls begin from now on, say `https://localhost:4000`.
     */
    setOrigin(origin: string) {
      fileOrigin = origin;
    },

    keepFile(channelId: string, upload: Upload): Attachment {
      const id = world.ids.mintId();
      kept.set(id, upload);
      sizeBytes += upload.bytes.length;
      forgetOldest();
      const { bytes, ...fields } = upload;
      const path = `/attachments/${channelId}/${id}/${encodeURIComponent(upload.name)}`;
      return { ...fields, id, sizeBytes: bytes.length, url: fileOrigin + path };
    },

    find(id: string) {
      return kept.get(id);
    },
  };
}

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
