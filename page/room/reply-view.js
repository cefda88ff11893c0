/** @import { NameOf } from './markdown.js' */
/** @import { ReplyLine } from './reply-lines.js' */
/** @import { View } from './html.js' */
import { html } from './html.js';
import { renderMarkdown } from './markdown-view.js';
import { layOutReply } from './reply-lines.js';
import { formatText } from './texts.js';

/**
 * Renders the text of a long reply: lines apart, values at their ends, and all but the first lines folded.
 * @param {string} text
 * @param {NameOf} findName
 * @returns {View}
 */
export function renderReply(text, findName) {
  const { open, folded, end } = layOutReply(text);
  return html`<div class="lines">
    ${open.map((line) => renderLine(line, findName))}
    ${folded.length > 0 && html`<details><summary>${formatText('page.more', { count: folded.length })}</summary>${folded.map((line) => renderLine(line, findName))}</details>`}
    ${end.map((line) => renderLine(line, findName))}
  </div>`;
}

/**
 * Renders a line, with its value if it has one.
 * @param {ReplyLine} line
 * @param {NameOf} findName
 * @returns {View}
 */
function renderLine({ text, value }, findName) {
  if (value === undefined) return html`<div>${renderMarkdown(text, findName)}</div>`;
  return html`<div class="valued"><div>${renderMarkdown(text, findName)}</div> <div>${renderMarkdown(value, findName)}</div></div>`;
}
