/** @import { NameOf, Paragraph, Piece } from './markdown.js' */
/** @import { View } from './html.js' */
import { html } from './html.js';
import { readMarkdown } from './markdown.js';
import { getLocale } from './texts.js';

/**
 * Formats of an instant by Discord's letter.
 * @type {Readonly<Record<string, Intl.DateTimeFormatOptions>>}
 */
const timeStyles = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  f: { dateStyle: 'long', timeStyle: 'short' },
};

/**
 * Renders markdown as elements: nothing of the text becomes HTML.
 * @param {string} text
 * @param {NameOf} [findName]
 * @returns {readonly View[]}
 */
export function renderMarkdown(text, findName) {
  return readMarkdown(text, findName).map(renderParagraph);
}

/**
 * Renders a paragraph, or a block of code.
 * @param {Paragraph} paragraph
 * @returns {View}
 */
function renderParagraph(paragraph) {
  if (paragraph.kind === 'code') return html`<pre>${paragraph.text}</pre>`;
  return html`<p>${paragraph.parts.map(renderPiece)}</p>`;
}

/**
 * Renders a piece with the pieces inside.
 * @param {Piece} piece
 * @returns {unknown}
 */
function renderPiece(piece) {
  if (piece.kind === 'text') return piece.text;
  if (piece.kind === 'time') {
    const instant = new Date(piece.atS * 1_000);
    if (Number.isNaN(instant.getTime())) return '';
    const formatted = new Intl.DateTimeFormat(
      getLocale(),
      timeStyles[piece.style],
    ).format(instant);
    return html`<time datetime=${instant.toISOString()}>${formatted}</time>`;
  }
  const children = piece.parts.map(renderPiece);
  switch (piece.kind) {
    case 'link':
      return html`<a href=${piece.href} target="_blank" rel="noreferrer">${children}</a>`;
    case 'bold':
      return html`<b>${children}</b>`;
    case 'italic':
      return html`<i>${children}</i>`;
    case 'code':
      return html`<code>${children}</code>`;
    case 'mention':
      return html`<span class="mention">${children}</span>`;
  }
}
