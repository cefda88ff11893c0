import { isIP } from 'node:net';

/** The page that remedies name; every other address is replaced. */
const ownAddress = 'https://discordstatus.com';

/** The text without addresses and ids, for people to publish. */
export function withoutPlaces(text: string): string {
  return text.replace(/[^\s|;,()'"<>`]+/g, replacement).replace(/\d{15,}/g, '[id]');
}

function replacement(word: string): string {
  const plain = word.replace(/[.:!?]$/, '');
  const host = plain
    .replace(/^\[([\da-f:]+)\](?::\d+)?$/i, '$1')
    .replace(/(?<=[a-z.\d]):\d+$/i, '');
  const isUrl = plain.includes('://') && plain !== ownAddress;
  const isHost = isIP(plain) > 0 || isIP(host) > 0 || host === 'localhost';
  const isVoice = /(?<!^\*)\.discord\.(?:media|gg)$/.test(host);
  return isUrl || isHost || isVoice ? `[address]${word.slice(plain.length)}` : word;
}
