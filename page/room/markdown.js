/**
 * A piece of a message: words, or pieces that are shown in one manner. `mention` names a person, channel or command, `time`
 * an instant in seconds since 1970.
 * @typedef {'bold' | 'italic' | 'code' | 'mention'} Manner
 * @typedef {{ kind: 'text', text: string } | { kind: Manner, parts: readonly Piece[] }
 *   | { kind: 'link', href: string, parts: readonly Piece[] } | { kind: 'time', atS: number, style: string }} Piece
 */

/**
 * `code` keeps its text as it was written.
 * @typedef {{ kind: 'text', parts: readonly Piece[] } | { kind: 'code', text: string }} Paragraph
 */

/** Finds the name of a person or channel. @typedef {(id: string) => string | undefined} NameOf */

/** Deeper than this marks are words. */
const maxDepth = 6;

/** Marks around words, the longer ones first. @type {readonly (readonly [string, Manner])[]} */
const marks = [
  ['**', 'bold'],
  ['*', 'italic'],
];

/** Pattern of text without markdown inside: escaped marks, code, mentions and links of channels, times, links. */
const atom =
  /\\([\\`*_~|>#<[\]()-])|(`{1,2})([^`]+)\2|(?:<(?:@[!&]?|#)|https:\/\/discord\.com\/channels\/\d{1,20}\/)(\d{1,20})(?:\/\d{1,20})?>?|<t:(-?\d{1,13})(?::([tTf]))?>|\[([^\]\n]{1,300})\]\((https?:\/\/[^\s)]{1,2000})\)|<?(https?:\/\/[^\s<>]{1,2000})>?/y;

/**
 * Parses Discord's markdown, as far as the bot uses it. Source: Discord's help,
 * "Markdown Text 101".
 * @param {string} text
 * @param {NameOf} [nameOf]
 * @returns {readonly Paragraph[]}
 */
export function readMarkdown(text, nameOf = () => undefined) {
  const parts = text.split(/```(?:\w+\n)?\n?([^`]+?)\n?```\n?/);
  /** @type {Paragraph[]} */
  const paragraphs = [];
  for (const [n, part] of parts.entries()) {
    const words = part.replace(/\n$/, '');
    if (n % 2 === 1) paragraphs.push({ kind: 'code', text: part });
    else if (words !== '')
      paragraphs.push({ kind: 'text', parts: readPieces(words, nameOf, 0) });
  }
  return paragraphs;
}

/**
 * @param {string} text
 * @param {NameOf} nameOf
 * @param {number} depth
 * @returns {readonly Piece[]}
 */
function readPieces(text, nameOf, depth) {
  /** @type {Piece[]} */
  const pieces = [];
  let words = '';
  /** @param {Piece} piece */
  const add = (piece) => {
    if (words !== '') pieces.push({ kind: 'text', text: words });
    words = '';
    pieces.push(piece);
  };
  for (let at = 0; at < text.length; ) {
    atom.lastIndex = at;
    const found = atom.exec(text);
    const marked = found ? undefined : readMarked(text, at, nameOf, depth);
    if (found) {
      const piece = readAtom(found, nameOf);
      if (piece.kind === 'text') words += piece.text;
      else add(piece);
      at += found[0].length;
    } else if (marked) {
      add(marked.piece);
      at = marked.to;
    } else words += text[at++];
  }
  if (words !== '') pieces.push({ kind: 'text', text: words });
  return pieces;
}

/**
 * Parses a match of `atom`.
 * @param {RegExpExecArray} found
 * @param {NameOf} nameOf
 * @returns {Piece}
 */
function readAtom(
  [whole, escaped, , code, id, time, style = 'f', label, href, bare],
  nameOf,
) {
  /** @param {string} text @returns {readonly Piece[]} */
  const words = (text) => [{ kind: 'text', text }];
  if (escaped !== undefined) return { kind: 'text', text: escaped };
  if (code !== undefined) return { kind: 'code', parts: words(code) };
  if (id !== undefined) {
    const name = nameOf(id);
    return name === undefined
      ? { kind: 'text', text: whole }
      : {
          kind: 'mention',
          parts: words(`${whole.startsWith('<@') ? '@' : '#'}${name}`),
        };
  }
  if (time !== undefined) return { kind: 'time', atS: Number(time), style };
  if (label !== undefined && href !== undefined)
    return { kind: 'link', href, parts: words(label) };
  return { kind: 'link', href: `${bare}`, parts: words(`${bare}`) };
}

/**
 * Finds where marked words end.
 * @param {string} text
 * @param {string} mark
 * @param {number} from
 * @returns {number} -1: nowhere
 */
function findMarkEnd(text, mark, from) {
  let end = text.indexOf(mark, from + 1);
  // Of "***" the last marks are the outer ones.
  while (end >= 0 && mark.length > 1 && text[end + mark.length] === mark[0]) end++;
  return end;
}

/**
 * Parses words between marks.
 * @param {string} text
 * @param {number} at
 * @param {NameOf} nameOf
 * @param {number} depth
 * @returns {{ piece: Piece, to: number } | undefined}
 */
function readMarked(text, at, nameOf, depth) {
  if (depth >= maxDepth) return undefined;
  for (const [mark, kind] of marks) {
    if (!text.startsWith(mark, at)) continue;
    const from = at + mark.length;
    const end = findMarkEnd(text, mark, from);
    const inside = text.slice(from, end);
    if (end < 0 || /^\s|\s$/.test(inside)) continue;
    return {
      piece: { kind, parts: readPieces(inside, nameOf, depth + 1) },
      to: end + mark.length,
    };
  }
  return undefined;
}
