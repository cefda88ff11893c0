import { formatText } from './texts.js';

/** Discord's limit of a file for every user, which the sandbox has, too. */
const maxFileBytes = 10 * 1024 * 1024;

/**
 * Leaves a file for an option of a command at the sandbox.
 * @param {File} file
 * @param {(refused: Response) => Promise<string>} readRefusal
 * @returns {Promise<{ id: string } | { refusal: string }>}
 */
export async function uploadFile(file, readRefusal) {
  if (file.size > maxFileBytes)
    return {
      refusal: formatText('page.file.big', { file: file.name, size: '10 MiB' }),
    };
  const url = `/room/files?name=${encodeURIComponent(file.name)}`;
  const headers = { 'content-type': file.type || 'application/octet-stream' };
  try {
    const response = await fetch(url, { method: 'POST', headers, body: file });
    return response.ok
      ? await response.json()
      : { refusal: await readRefusal(response) };
  } catch {
    return { refusal: formatText('page.file.lost', { file: file.name }) };
  }
}
