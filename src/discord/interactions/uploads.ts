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
export function uploadsOf(files: readonly ReplyFile[]): readonly FileUpload[][] {
  const messages: FileUpload[][] = [];
  let sizeBytes = 0;
  for (const file of files) {
    const attachment = Buffer.from('text' in file ? Buffer.from(file.text) : file.bytes);
    const last = messages.at(-1);
    sizeBytes += attachment.length;
    if (last && last.length < maxFiles && sizeBytes <= maxBytes) {
      last.push({ name: file.name, attachment });
      continue;
    }
    messages.push([{ name: file.name, attachment }]);
    sizeBytes = attachment.length;
  }
  return messages;
}
