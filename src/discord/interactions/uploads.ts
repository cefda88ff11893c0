import { inBatches } from '#src/base/batches.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';

/** A file as discord.js uploads it. */
export type FileUpload = { readonly name: string; readonly attachment: Buffer };

/** Source: Discord docs, "Create Message". */
const maxFiles = 10;
/**
 * Largest files of one message together, in bytes. Discord takes 10 MiB a file since 2025, 20 MiB since September 2026, and
 * 25 MiB a request; what fits the least of these fits all. Source: Discord docs, "Uploading Files", "Create Message".
 */
const maxBytes = 10 * 1024 * 1024;

/** Files by message, in their order; one that is too large for any goes alone, and Discord refuses it. */
export function uploadsOf(files: readonly ReplyFile[]): readonly (readonly FileUpload[])[] {
  const uploads = files.map((file) => ({
    name: file.name,
    attachment: 'text' in file ? Buffer.from(file.text) : Buffer.from(file.bytes),
  }));
  const limits = { items: maxFiles, size: maxBytes };
  return inBatches(uploads, ({ attachment }) => attachment.length, limits);
}
