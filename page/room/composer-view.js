/** @import { PageState, RoomActions } from './room-actions.js' */
import { html } from './html.js';
import { isFirstScreen } from './room-state.js';

/**
 * @param {PageState} page
 * @param {RoomActions} actions
 */
export function renderComposer(page, actions) {
  const { room, notice, line, suggestions, picked, fileOption } = page;
  const isOpen = suggestions.length > 0;
  /** @param {SubmitEvent} event */
  const send = (event) => {
    event.preventDefault();
    actions.send();
  };
  return html`<form class="composer" onSubmit=${send}>
    <p role="status" class="notice">${notice}</p>
    ${!isFirstScreen(room) && renderTries(actions)}
    ${
      fileOption !== undefined &&
      html`<label>File for ${fileOption}: <input type="file" onChange=${(
        /** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget },
      ) => {
        const [file] = currentTarget.files ?? [];
        if (file) actions.attachFile(file);
      }}/></label>`
    }
    <div class="entry">
      <label for="line" class="hidden">Ask, or / for a command</label>
      <input id="line" value=${line} autocomplete="off" maxlength="2000" role="combobox" aria-autocomplete="list"
        placeholder=${`Ask ${room.room.bot.name}, or type /`}
        aria-expanded=${`${isOpen}`} aria-controls="suggestions"
        aria-activedescendant=${isOpen && picked >= 0 ? `suggestion-${picked}` : undefined}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => actions.pressLineKey(event)}
        onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ event) => actions.changeLine(event.currentTarget.value)}/>
      <button type="submit" id="send" aria-label="Send"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 12h14M13 6l6 6-6 6"/></svg></button>
      <ul id="suggestions" class="suggestions" role="listbox" aria-label="Suggestions" hidden=${!isOpen}>
        ${suggestions.map(
          (
            { label, description, group, line: whole },
            n,
          ) => html`${group && group !== suggestions[n - 1]?.group && html`<li class="group" aria-hidden="true">${group}</li>`}
            <li key=${whole} id=${`suggestion-${n}`} role="option"
            aria-selected=${`${n === picked}`} onClick=${() => actions.changeLine(whole)}>
            <b>${label}</b> <span>${description}</span></li>`,
        )}
      </ul>
    </div>
  </form>`;
}

/** Questions by the words on their buttons. */
const tries = Object.entries({
  'What time is it?': 'What time is it?',
  'Set a timer': 'Set a timer for one minute',
  'Play rain': 'Play rain',
  'Interrupt the bot': 'Count to twelve',
});

/**
 * @param {RoomActions} actions
 */
export function renderTries(actions) {
  return html`<div class="row tries">${tries.map(
    ([label, words]) =>
      html`<button type="button" onClick=${() => actions.send(words)}>${label}</button>`,
  )}</div>`;
}
