import { cut } from '#src/texts/plain.ts';

/** Most characters of a line that are read out. */
const mostChars = 300;

/** What is said in place of what nobody can hear. */
export type LineWords = { readonly link: string; readonly code: string };

/** A line of a chat as it is read out: links and code by their names, spoilers not at all, 300 characters at most. */
export function lineToRead(text: string, { link, code }: LineWords): string {
  const named = text
    .replace(/```[\s\S]*?(?:```|$)/g, ` ${code} `)
    .replace(/`[^`\n]+`/g, ` ${code} `)
    .replace(/\[([^[\]\n]*)\]\(<?https?:[^()\s]*\)/g, ' $1 ')
    .replace(/<(https?:[^<>\s]*)>/g, ' $1 ')
    .replace(
      /\b(?:https?:\/\/|www\.)[^\s<>|\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a\u300d\u300f\uff09\u3011]*[\p{L}\p{N}/]/gu,
      ` ${link} `,
    );
  return cut(withoutSpoilers(named).replace(/\s+/g, ' ').trim(), mostChars);
}

/** What stands between two pairs of bars; a pair alone hides nothing. */
function withoutSpoilers(text: string): string {
  const parts = text.split('||');
  return parts.filter((_, n) => n % 2 === 0 || n === parts.length - 1).join(' ');
}
