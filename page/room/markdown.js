/**
 * The manner in which pieces are shown. `mention` names a person, channel or command.
 * @typedef {'bold' | 'italic' | 'code' | 'mention'} Manner
 */

/**
 * A piece of a message: text, or pieces that are shown in one manner. `time` is an instant in seconds since 1970.
 * @typedef {{ kind: 'text', text: string }
 *   | { kind: Manner, parts: readonly Piece[] }
 *   | { kind: 'link', href: string, parts: readonly Piece[] }
 *   | { kind: 'time', atS: number, style: string }} Piece
 */

/**
 * A paragraph of a message. `code` keeps its text as it was written.
 * @typedef {{ kind: 'text', parts: readonly Piece[] } | { kind: 'code', text: string }} Paragraph
 */

/**
 * Finds the name of a person or channel.
 * @typedef {(id: string) => string | undefined} NameOf
 */

/** Marks that lie deeper than this are text. */
const maxDepth = 6;

/**
 * Marks around text, the longer ones first.
 * @type {readonly (readonly [string, Manner])[]}
 */
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
 * @param {NameOf} [findName]
 * @returns {readonly Paragraph[]}
 */
export function readMarkdown(text, findName = () => undefined) {
  const segments = text.split(/```(?:\w+\n)?\n?([^`]+?)\n?```\n?/);
  /** @type {Paragraph[]} */
  const paragraphs = [];
  for (const [n, segment] of segments.entries()) {
    const trimmed = segment.replace(/\n$/, '');
    if (n % 2 === 1) paragraphs.push({ kind: 'code', text: segment });
    else if (trimmed !== '')
      paragraphs.push({ kind: 'text', parts: readPieces(trimmed, findName, 0) });
  }
  return paragraphs;
}

/**
 * Parses text that lies inside `depth` marks.
 * @param {string} text
 * @param {NameOf} findName
 * @param {number} depth
 * @returns {readonly Piece[]}
 */
function readPieces(text, findName, depth) {
  /** @type {Piece[]} */
  const pieces = [];
  let plainText = '';
  /** @param {Piece} piece */
  const addPiece = (piece) => {
    if (plainText !== '') pieces.push({ kind: 'text', text: plainText });
    plainText = '';
    pieces.push(piece);
  };
  for (let at = 0; at < text.length; ) {
    atom.lastIndex = at;
    const match = atom.exec(text);
    const marked = match ? undefined : readMarked(text, at, findName, depth);
    if (match) {
      const piece = readAtom(match, findName);
      if (piece.kind === 'text') plainText += piece.text;
      else addPiece(piece);
      at += match[0].length;
    } else if (marked) {
      addPiece(marked.piece);
      at = marked.to;
    } else plainText += text[at++];
  }
  if (plainText !== '') pieces.push({ kind: 'text', text: plainText });
  return pieces;
}

/**
 * Parses a match of `atom`.
 * @param {RegExpExecArray} match
 * @param {NameOf} findName
 * @returns {Piece}
 */
function readAtom(
  [whole, escaped, , code, id, time, style = 'f', label, href, bare],
  findName,
) {
  /** @param {string} text @returns {readonly Piece[]} */
  const toPieces = (text) => [{ kind: 'text', text }];
  if (escaped !== undefined) return { kind: 'text', text: escaped };
  if (code !== undefined) return { kind: 'code', parts: toPieces(code) };
  if (id !== undefined) {
    const name = findName(id);
    return name === undefined
      ? { kind: 'text', text: whole }
      : {
          kind: 'mention',
          parts: toPieces(`${whole.startsWith('<@') ? '@' : '#'}${name}`),
        };
  }
  if (time !== undefined) return { kind: 'time', atS: Number(time), style };
  if (label !== undefined && href !== undefined)
    return { kind: 'link', href, parts: toPieces(label) };
  return { kind: 'link', href: `${bare}`, parts: toPieces(`${bare}`) };
}

/**
 * Finds the end of marked text.
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
 * Parses text between marks.
 * @param {string} text
 * @param {number} at
 * @param {NameOf} findName
 * @param {number} depth
 * @returns {{ piece: Piece, to: number } | undefined}
 */
function readMarked(text, at, findName, depth) {
  if (depth >= maxDepth) return undefined;
  for (const [mark, kind] of marks) {
    if (!text.startsWith(mark, at)) continue;
    const from = at + mark.length;
    const end = findMarkEnd(text, mark, from);
    const inside = text.slice(from, end);
    if (end < 0 || /^\s|\s$/.test(inside)) continue;
    return {
      piece: { kind, parts: readPieces(inside, findName, depth + 1) },
      to: end + mark.length,
    };
  }
  return undefined;
}
