/** @import { NameOf, Paragraph, Piece } from './markdown.js' */
import { html } from './html.js';
import { readMarkdown } from './markdown.js';

/** Formats of an instant by Discord's letter. @type {Readonly<Record<string, Intl.DateTimeFormatOptions>>} */
const timeStyles = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  f: { dateStyle: 'long', timeStyle: 'short' },
};

/**
 * Renders markdown as elements: nothing of the text becomes HTML.
 * @param {string} text
 * @param {NameOf} [nameOf]
 */
export function renderMarkdown(text, nameOf) {
  return readMarkdown(text, nameOf).map(renderParagraph);
}

/** @param {Paragraph} paragraph */
function renderParagraph(paragraph) {
  if (paragraph.kind === 'code') return html`<pre>${paragraph.text}</pre>`;
  return html`<p>${paragraph.parts.map(renderPiece)}</p>`;
}

/**
 * @param {Piece} piece
 * @returns {unknown}
 */
function renderPiece(piece) {
  if (piece.kind === 'text') return piece.text;
  if (piece.kind === 'time') {
    const at = new Date(piece.atS * 1_000);
    if (Number.isNaN(at.getTime())) return '';
    const shown = new Intl.DateTimeFormat('en', timeStyles[piece.style]).format(at);
    return html`<time datetime=${at.toISOString()}>${shown}</time>`;
  }
  const parts = piece.parts.map(renderPiece);
  switch (piece.kind) {
    case 'link':
      return html`<a href=${piece.href} target="_blank" rel="noreferrer">${parts}</a>`;
    case 'bold':
      return html`<b>${parts}</b>`;
    case 'italic':
      return html`<i>${parts}</i>`;
    case 'code':
      return html`<code>${parts}</code>`;
    case 'mention':
      return html`<span class="mention">${parts}</span>`;
  }
}
