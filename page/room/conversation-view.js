/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { Answered, Item, Room, RoomMessage } from './room-state.js' */
import { html } from './html.js';
import { markdownView } from './markdown-view.js';
import { faceView, messageView } from './message-view.js';
import { panelOf, silencesOf } from './room-state.js';
import { waterfall } from './waterfall.js';

const rowHeight = 18;
/** Widths of the drawing: names, bars, numbers. */
const [nameWidth, barWidth, numberWidth] = [92, 180, 68];

/**
 * Views by item: an item never changes, so what is drawn stays while the channels do.
 * @type {WeakMap<Item, { channels: Room['channels'], view: unknown }>}
 */
const drawn = new WeakMap();

/**
 * The bot's panel, as Discord shows a message.
 * @param {PageState} page
 * @param {RoomActions} actions
 */
export function panelView({ room, heardLevel, isConnected, isSideOpen }, actions) {
  const { bot, you } = room.room;
  const isKnown = isConnected && you !== '';
  const absent = isKnown ? 'Not here.' : 'Connecting';
  const panel = panelOf(room) ?? {
    id: '',
    channel: '',
    author: bot.name,
    text: absent,
    buttons: [],
  };
  const [headline = '', ...lines] = panel.text.split('\n');
  return html`<section class="panel" aria-label="Panel">
    ${faceView({ ...bot, level: heardLevel })}
    <hgroup><h1>${bot.name}</h1>${markdownView(headline)}</hgroup>
    <div>${messageView({ ...panel, text: lines.join('\n') }, room.room, actions)}
      ${silencesOf(room).map(
        ({ text, label, does, what }) => html`<p class="notice">${text}
          <button type="button" onClick=${() => actions[does](what)}>${label}</button></p>`,
      )}</div>
    <button type="button" class="people" aria-expanded=${`${isSideOpen}`} aria-label="People" onClick=${() => actions.openSide(!isSideOpen)}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 19a6 6 0 0 1 12 0M16 5.5a3 3 0 0 1 0 5.2M18 14.5a6 6 0 0 1 3 4.5"/></svg></button>
  </section>`;
}

/**
 * What was said, answered and written, oldest first, then the words of whoever speaks.
 * @param {PageState} page
 * @param {RoomActions} actions
 */
export function conversationView(page, actions) {
  const { room, items, live } = page.room;
  const panel = panelOf(page.room);
  const speakers = [
    ...room.people.filter(({ name, speaks }) => speaks || live[name]),
    ...(room.bot.speaks && live[room.bot.name] ? [room.bot] : []),
  ];
  return html`<div class="messages" role="log" aria-label="Conversation" tabindex="0"><div>
    ${items.map((item) => (item === panel ? undefined : itemView(item, room, actions)))}
    ${speakers.map(({ name, speaks }) => {
      const isYou = name === room.you;
      const level = isYou ? page.level : page.heardLevel;
      return html`<article key=${`live ${name}`} class=${`live ${sideOf(name, room)}`} aria-hidden="true">
        ${faceView({ name, speaks, level })}<p class="bubble">${live[name] || html`<i class="dots">…</i>`}</p></article>`;
    })}
  </div></div>`;
}

/**
 * @param {Item} item
 * @param {Room} room
 * @param {RoomActions} actions
 */
function itemView(item, room, actions) {
  const { channels } = room;
  const known = drawn.get(item);
  if (known?.channels === channels) return known.view;
  const view = newView(item, room, actions);
  drawn.set(item, { channels, view });
  return view;
}

/**
 * @param {Item} item
 * @param {Room} room
 * @param {RoomActions} actions
 */
function newView(item, room, actions) {
  switch (item.kind) {
    case 'said':
      return bubbleView(item.key, item.who, room, html`<p>${item.text}</p>`);
    case 'answered':
      return bubbleView(
        item.key,
        room.bot.name,
        room,
        html`<p>${item.heardText || item.text}${item.finish === 'cancelled' && html` <small>interrupted</small>`}</p>
          ${detailsView(item)}`,
      );
    case 'message':
      return item.author === room.bot.name
        ? html`<article key=${item.key} class="written">
            ${item.to !== undefined && html`<small>Only ${item.to} sees this</small>`}
            ${messageView(item, room, actions)}</article>`
        : bubbleView(
            item.key,
            item.author,
            room,
            messageView(withoutMention(item, room), room, actions),
          );
    default:
      return html`<p key=${item.key} class="written">${item.why}</p>`;
  }
}

/**
 * @param {string} key
 * @param {string} name
 * @param {Room} room
 * @param {unknown} inner
 */
function bubbleView(key, name, room, inner) {
  return html`<article key=${key} class=${sideOf(name, room)}>
    ${faceView({ name })}<div class="bubble"><span class="hidden">${name}: </span>${inner}</div></article>`;
}

/**
 * A question without the mention that the page put before it.
 * @param {RoomMessage} message
 * @param {Room} room
 */
function withoutMention(message, { bot }) {
  return { ...message, text: message.text.replace(`<@${bot.id}> `, '') };
}

/**
 * @param {string} name
 * @param {Room} room
 */
function sideOf(name, { you, bot }) {
  return name === you ? 'you' : name === bot.name ? 'bot' : 'other';
}

/** @param {Answered} answered */
function detailsView({ who, finish, instants, firstHeardAtMs }) {
  const { totalMs, stages } = waterfall(instants, firstHeardAtMs);
  const height = stages.length * rowHeight;
  const words = stages.map(({ name, afterMs }) => `${name} ${afterMs} ms`).join(', ');
  return html`<details><summary>Details</summary>
    <small>Answer to ${who}: ${finish}, ${totalMs} ms</small>
    <svg role="img" aria-label=${words} viewBox=${`0 0 ${nameWidth + barWidth + numberWidth} ${height}`}>
      ${stages.map(({ name, afterMs, from, to }, n) => {
        const middle = n * rowHeight + rowHeight / 2;
        return html`<text x="0" y=${middle}>${name}</text>
          <rect x=${nameWidth + from * barWidth} y=${n * rowHeight + 4} width=${Math.max(2, (to - from) * barWidth)}
            height=${rowHeight - 8} rx="2"/>
          <text x=${nameWidth + barWidth + numberWidth} y=${middle} class="number">${afterMs} ms</text>`;
      })}
    </svg>
  </details>`;
}
