const letters: Readonly<Record<string, string>> = {
  \u00df: 'ss',
  \u00e6: 'ae',
  \u0153: 'oe',
  \u00f8: 'o',
  \u0142: 'l',
  '\u20ac': ' euro ',
};

/** `text` as flite can say it: ASCII in one line, without tags, markdown and emoji. Empty if nothing is left to say. */
export function fliteText(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/[\u2013\u2014]/g, ', ')
    .replace(/\u2026/g, '...')
    .replace(
      /[\u00df\u00e6\u0153\u00f8\u0142\u20ac]/gi,
      (letter) => letters[letter.toLowerCase()] ?? ' ',
    )
    .replace(/<[^<>]{0,200}>/g, ' ')
    .replace(/[*_#`~|\\^<>[\]{}]/g, ' ')
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
  return /[a-z0-9]/i.test(plain) ? plain : '';
}
