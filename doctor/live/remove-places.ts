import { isIP } from 'node:net';

const statusPageUrl = /^https:\/\/discordstatus\.com[.:!?]?$/;

/**
 * Replaces addresses and ids in a text that people will publish. Addresses that `publicAddresses` matches stay.
 *
 * @example
 * import { removePlaces } from '#doctor/live/remove-places.ts';
 *
 * removePlaces('no answer from 10.0.0.7:5000'); // 'no answer from [address]'
 */
export function removePlaces(
  text: string,
  publicAddresses: RegExp = statusPageUrl,
): string {
  return text
    .replace(/[^\s|;,()'"<>`]+/g, (word) =>
      publicAddresses.test(word) ? word : replaceAddress(word),
    )
    .replace(/\d{15,}/g, '[id]');
}

/** Replaces addresses and ids, but keeps those of this machine. */
export function removeForeignPlaces(text: string): string {
  return removePlaces(text, /^(?:\w+:\/\/)?(?:localhost|127\.0\.0\.1)\b/);
}

function replaceAddress(word: string) {
  const plain = word.replace(/[.:!?]$/, '');
  const hostName = plain
    .replace(/^\[([\da-f:]+)\](?::\d+)?$/i, '$1')
    .replace(/(?<=[a-z.\d]):\d+$/i, '');
  const isUrl = plain.includes('://');
  const isHost = isIP(plain) > 0 || isIP(hostName) > 0 || hostName === 'localhost';
  const isVoice = /(?<!^\*)\.discord\.(?:media|gg)$/.test(hostName);
  return isUrl || isHost || isVoice ? `[address]${word.slice(plain.length)}` : word;
}
