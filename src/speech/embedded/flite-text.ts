const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  '€': ' euro ',
};

/** `text` as flite can say it: ASCII in one line, without tags, markdown and emoji. Empty if nothing is left to say. */
export function fliteText(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[–—]/g, ', ')
    .replace(/…/g, '...')
    .replace(/[ßæœøł€]/gi, (letter) => letters[letter.toLowerCase()] ?? ' ')
    .replace(/<[^<>]{0,200}>/g, ' ')
    .replace(/[*_#`~|\\^<>[\]{}]/g, ' ')
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
  return /[a-z0-9]/i.test(plain) ? plain : '';
}
