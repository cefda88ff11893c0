/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { Answered, IgnoreCode, Item, Room, RoomState } from './room-types.js' */
/** @import { TextLine } from './texts.js' */
/** @import { View } from './html.js' */
import { renderTries } from './composer-view.js';
import { isWritten, splitHeardText } from './heard-text.js';
import { html } from './html.js';
import { renderMarkdown } from './markdown-view.js';
import { renderBotFace, renderFace, renderMessage } from './message-view.js';
import { findPanel, isAnswerShown, isFirstScreen, isSoundBoard } from './room-state.js';
import { isHeardNow } from './stage.js';
import { formatLine, formatText, getLocale } from './texts.js';
import { measureStages } from './waterfall.js';

/**
 * Views by item. Items never change, so a view stays as long as the channels, the author before it and the language.
 * @type {WeakMap<Item, { channels: Room['channels'], isNext: boolean, locale: string, view: View }>}
 */
const drawnItems = new WeakMap();

/**
 * Renders the messages, and a bubble for everybody who speaks.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderConversation(page, actions) {
  const { room, live } = page.room;
  const panel = findPanel(page.room);
  const items = page.room.items.filter(
    // An answer without a word has its place, and is not drawn.
    (item) =>
      item !== panel &&
      !isSoundBoard(item) &&
      (item.kind !== 'answering' || isNewText(item.text, page.room)),
  );
  const lastItem = items.at(-1);
  const speakers = [
    // To a voice that the bot does not hear no words will come.
    ...room.people.filter(
      ({ name, speaks }) => live[name] || (speaks && isHeardNow(page.room, name)),
    ),
    ...(room.bot.speaks &&
    !isAnswerShown(page.room) &&
    (!live[room.bot.name] || isNewText(live[room.bot.name], page.room))
      ? [room.bot]
      : []),
  ];
  return html`<div class="messages" role="log" aria-label=${formatText('page.conversation')} tabindex="0"><div>
    <section class=${`hello${isFirstScreen(page.room) ? '' : ' past'}`}><h2>${formatText('page.hello', { bot: room.bot.name })}</h2>
      <p>${formatText('page.hello.how')}</p>${renderTries(actions, true)}</section>
    ${items.map((item, n) => renderItem(item, findAuthor(items[n - 1], room), room, actions))}
    ${speakers.map(({ name, speaks }) => {
      const level = name === room.you ? page.level : page.heardLevel;
      const isNext = findAuthor(lastItem, room) === name;
      return html`<article key=${`live ${name}`} class=${`live ${findSide(name, room)}${isNext ? ' next' : ''}`} aria-hidden="true">
        ${renderSign({ name, speaks, level }, room)}<p class="bubble">${live[name] || html`<i class="dots">…</i>`}</p></article>`;
    })}
  </div></div>`;
}

/** Number of items before the end among which an answer in writing may stand while it is still spoken. */
const maxLaterItems = 8;

/**
 * Tests whether there are words so far, which no message shows yet.
 * @param {string | undefined} text
 * @param {RoomState} state
 * @returns {boolean}
 */
function isNewText(text, { items, room: { bot } }) {
  if (!text) return false;
  return !items
    .slice(-maxLaterItems)
    .some(
      (item) =>
        item.kind === 'message' &&
        item.author === bot.name &&
        isWritten(item.text.slice(0, text.length), text),
    );
}

/**
 * Finds the author of an item.
 * @param {Item | undefined} item
 * @param {Room} room
 * @returns {string | undefined} undefined: a note without an author
 */
function findAuthor(item, { bot }) {
  if (item?.kind === 'answered' || item?.kind === 'answering') return bot.name;
  if (item?.kind === 'said') return item.who;
  return item?.kind === 'message' ? item.author : undefined;
}

/**
 * Renders an item, or returns its view of before.
 * @param {Item} item
 * @param {string | undefined} previousAuthor of the item before it
 * @param {Room} room
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderItem(item, previousAuthor, room, actions) {
  const { channels } = room;
  const author = findAuthor(item, room);
  const isNext = author === previousAuthor;
  const locale = getLocale();
  const drawn = drawnItems.get(item);
  const isSame = drawn?.channels === channels && drawn.isNext === isNext;
  if (drawn && isSame && drawn.locale === locale) return drawn.view;
  const view =
    author === undefined
      ? renderNote(item, room)
      : renderBubble(item, author, isNext, room, actions);
  drawnItems.set(item, { channels, isNext, locale, view });
  return view;
}

/**
 * Renders an item without an author: a command that was sent, or why words got no answer.
 * @param {Item} item
 * @param {Room} room
 * @returns {View}
 */
function renderNote(item, { bot }) {
  if (item.kind === 'command')
    return html`<article key=${item.key} class="you sent"><p class="bubble"><code>${item.text}</code></p></article>`;
  return html`<p key=${item.key} class="note">${explainSilence(item, bot.name)}</p>`;
}

/**
 * Explains why words got no answer.
 * @param {Item} item
 * @param {string} bot name of the bot
 * @returns {string | undefined}
 */
function explainSilence(item, bot) {
  if (item.kind === 'ignored')
    return item.why === 'typed' ? item.text : formatLine(toIgnoredLine(item.why, bot));
  if (item.kind === 'dropped')
    return formatText(`page.dropped.${item.why}`, { name: item.who });
  return undefined;
}

/**
 * Names the text that says why words were ignored.
 * @param {IgnoreCode} code
 * @param {string} bot name of the bot
 * @returns {TextLine}
 */
function toIgnoredLine(code, bot) {
  if (code === 'empty') return { id: 'page.ignored.empty' };
  return { id: `page.ignored.${code}`, with: { bot } };
}

/**
 * Renders the bubble of an item.
 * @param {Item} item
 * @param {string} name
 * @param {boolean} isNext
 * @param {Room} room
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderBubble(item, name, isNext, room, actions) {
  const side = findSide(name, room);
  const isPrivate = 'to' in item && item.to !== undefined;
  const isWritten = item.kind === 'message' && side === 'bot';
  const instant = item.wallMs && new Date(item.wallMs);
  // A screen reader hears an answer once, whole, as an element that is new: not each word as it comes.
  const isGrowing = item.kind === 'answering';
  return html`<article key=${isGrowing ? `${item.key} grows` : item.key} aria-hidden=${isGrowing ? 'true' : undefined} class=${`${side}${isNext ? ' next' : ''}${isWritten ? ' written' : ''}${isPrivate ? ' private' : ''}`}>
    ${renderSign({ name }, room)}
    <div class="bubble"><span class="hidden">${name}: </span>
      ${isPrivate && html`<small class="only"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3"/></svg>${item.to === room.you ? formatText('page.only.you') : formatText('page.only', { name: item.to ?? '' })}</small>`}
      ${renderItemContent(item, room, actions)}</div>
    ${instant && html`<time aria-live="off" datetime=${instant.toISOString()}>${instant.toLocaleTimeString(getLocale(), { timeStyle: 'short' })}</time>`}</article>`;
}

/**
 * Renders the content of a bubble.
 * @param {Item} item
 * @param {Room} room
 * @param {RoomActions} actions
 * @returns {View | readonly View[] | undefined}
 */
function renderItemContent(item, room, actions) {
  switch (item.kind) {
    case 'said':
      return renderMarkdown(item.text);
    case 'answering':
      return renderMarkdown(item.text ?? '');
    case 'answered':
      return html`${renderAnswer(item)}${renderTimings(item)}`;
    case 'message':
      return renderMessage(
        { ...item, text: item.text.replace(`<@${room.bot.id}> `, '') },
        room,
        actions,
      );
  }
  return undefined;
}

/**
 * Renders the words of an answer. The rest of one that was cut stands behind a mark, which screen readers read as words.
 * @param {Answered} answer
 * @returns {View | readonly View[]}
 */
function renderAnswer({ text, heardText, finish }) {
  const { heard, unheard } = splitHeardText(text, heardText);
  if (finish !== 'cancelled' || unheard === '')
    return renderMarkdown(text || formatText('page.nothing'));
  return html`<p>${heard}<svg class="cut" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l13 12M6 18L19 6M5 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"/></svg><span class="hidden"> ${formatText('page.cut')} </span><s class="unheard-rest">${unheard}</s></p>`;
}

/**
 * Renders the face beside a bubble.
 * @param {{ name: string, speaks?: boolean, level?: number }} speaker
 * @param {Room} room
 * @returns {View}
 */
function renderSign(speaker, { bot }) {
  if (speaker.name !== bot.name) return renderFace(speaker);
  return html`<span class=${`face${speaker.speaks ? ' speaks' : ''}`} style=${{ '--level': speaker.level }}>${renderBotFace()}</span>`;
}

/**
 * Tells you, the bot and others apart.
 * @param {string} name
 * @param {Room} room
 * @returns {'you' | 'bot' | 'other'}
 */
function findSide(name, { you, bot }) {
  return name === you ? 'you' : name === bot.name ? 'bot' : 'other';
}

/**
 * Renders the stages of an answer, folded.
 * @param {Answered} answered
 * @returns {View}
 */
function renderTimings({ who, finish, instants, firstHeardAtMs }) {
  const { totalMs, stages, longest } = measureStages(instants, firstHeardAtMs);
  return html`<details aria-live="off"><summary>${formatText('page.answered', { seconds: formatDecimal(totalMs / 1_000) })}</summary>
    <small>${formatText('page.answered.to', { name: who, finish: formatText(`page.finish.${finish}`) })}</small>
    <ol>${stages.map(
      ({ name, afterMs, from, to }) =>
        html`<li style=${{ '--from': from, '--to': to }}><span>${formatText(name)}</span> <b>${afterMs} ms</b></li>`,
    )}</ol>
    ${longest && html`<small>${formatText('page.answered.most', { stage: formatText(longest.name), advice: formatLine(longest.faster) })}</small>`}
  </details>`;
}

/**
 * Formats a number with one decimal.
 * @param {number} value
 * @returns {string}
 */
function formatDecimal(value) {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(getLocale(), digits).format(value);
}
