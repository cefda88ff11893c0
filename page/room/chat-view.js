/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { NameOf } from './markdown.js' */
/** @import { Embed, RoomButton, RoomFile, RoomMessage, RoomState } from './room-state.js' */
import { menuView } from './form-view.js';
import { html } from './html.js';
import { markdownView } from './markdown-view.js';
import { panelOf } from './room-state.js';

/**
 * The bot's panel with its buttons.
 * @param {PageState} page
 * @param {RoomActions} actions
 */
export function panelView({ room }, actions) {
  const panel = panelOf(room);
  return html`<section aria-labelledby="panel">
    <h2 id="panel">Panel</h2>
    ${panel ? messageView(panel, room, actions) : html`<p>${room.room.bot.name} shows its panel once it has joined: send /join.</p>`}
  </section>`;
}

/**
 * Messages, and the line to write or to command in.
 * @param {PageState} page
 * @param {RoomActions} actions
 */
export function chatView({ room, line, suggestions, picked, fileOption }, actions) {
  const panel = panelOf(room);
  const messages = room.messages.filter(({ id }) => id !== panel?.id);
  /** @param {SubmitEvent} event */
  const send = (event) => {
    event.preventDefault();
    actions.send();
  };
  const isOpen = suggestions.length > 0;
  return html`<section class="chat" aria-labelledby="chat">
    <h2 id="chat">Chat</h2>
    <div class="messages" role="log" aria-label="Messages" tabindex="0">
      ${messages.map((message) => messageView(message, room, actions))}
    </div>
    <form onSubmit=${send}>
      <label for="line">Message, or / for a command</label>
      <div class="row">
        <input id="line" value=${line} autocomplete="off" maxlength="2000" role="combobox" aria-autocomplete="list"
          aria-expanded=${`${isOpen}`} aria-controls="suggestions"
          aria-activedescendant=${isOpen && picked >= 0 ? `suggestion-${picked}` : undefined}
          onKeyDown=${(/** @type {KeyboardEvent} */ event) => actions.lineKey(event)}
          onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ event) => actions.typed(event.currentTarget.value)}/>
        <button type="submit">Send</button>
      </div>
      <ul id="suggestions" class="suggestions" role="listbox" aria-label="Suggestions" hidden=${!isOpen}>
        ${suggestions.map(
          (
            { label, description, line: whole },
            n,
          ) => html`<li key=${whole} id=${`suggestion-${n}`} role="option"
            aria-selected=${`${n === picked}`} onClick=${() => actions.typed(whole)}>
            <b>${label}</b> <span>${description}</span></li>`,
        )}
      </ul>
      ${
        fileOption !== undefined &&
        html`<label>File for ${fileOption}: <input type="file" onChange=${(
          /** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget },
        ) => {
          const [file] = currentTarget.files ?? [];
          if (file) actions.file(file);
        }}/></label>`
      }
    </form>
  </section>`;
}

/**
 * @param {RoomMessage} message
 * @param {RoomState} state
 * @param {RoomActions} actions
 */
function messageView(message, { room }, actions) {
  const { id, author, text, buttons, embeds = [], files = [], menus = [], to, channel } = message;
  const known = [...room.people, ...room.channels, ...(room.roles ?? []), room.bot];
  /** @type {NameOf} */
  const nameOf = (wanted) => known.find((one) => one.id === wanted)?.name;
  return html`<article key=${id}>
    <header><b>${author}</b> <small>${channel}${to !== undefined && `, only ${to} sees this`}</small></header>
    ${text && markdownView(text, nameOf)}
    ${embeds.map((embed) => embedView(embed, nameOf))}
    ${files.map(fileView)}
    ${menus.map((menu) => menuView(id, menu, actions))}
    ${buttons.length > 0 && html`<div class="row">${buttons.map((button) => buttonView(id, button, actions))}</div>`}
  </article>`;
}

/** @param {RoomFile} file */
function fileView({ name, type, sizeBytes, url }) {
  const size = `${Math.ceil(sizeBytes / 1_024)} KiB`;
  return html`<div class="file">
    <a href=${url} download=${name}>${name}</a> <small>${size}</small>
    ${type.startsWith('audio/') && html`<audio controls preload="none" src=${url} aria-label=${name}></audio>`}
  </div>`;
}

/**
 * @param {Embed} embed
 * @param {NameOf} nameOf
 */
function embedView({ title, description, fields = [], footer }, nameOf) {
  return html`<div class="embed">
    ${title && html`<b>${title}</b>`}
    ${description && markdownView(description, nameOf)}
    ${fields.length > 0 && html`<dl>${fields.map(({ name, value }) => html`<dt>${name}</dt><dd>${markdownView(value, nameOf)}</dd>`)}</dl>`}
    ${footer && html`<small>${footer.text}</small>`}
  </div>`;
}

/**
 * @param {string} messageId
 * @param {RoomButton} button
 * @param {RoomActions} actions
 */
function buttonView(messageId, { customId, label, disabled, style, url }, actions) {
  if (customId === undefined)
    return url === undefined
      ? html`<button type="button" disabled>${label}</button>`
      : html`<a href=${url} target="_blank" rel="noreferrer">${label}</a>`;
  return html`<button type="button" disabled=${disabled} class=${`style-${style ?? 2}`}
    onClick=${() => actions.press(messageId, customId)}>${label}</button>`;
}
