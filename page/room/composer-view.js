/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { TextId } from './texts.js' */
/** @import { View } from './html.js' */
import { html } from './html.js';
import { isFirstScreen } from './room-state.js';
import { formatText } from './texts.js';

/**
 * Renders the box for questions and commands, with its notice and suggestions.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderComposer(page, actions) {
  const { room, notice, suggestions, picked, fileOption } = page;
  const isOpen = suggestions.length > 0;
  /** @param {SubmitEvent} event */
  const sendLine = (event) => {
    event.preventDefault();
    actions.send();
  };
  return html`<form class="composer" onSubmit=${sendLine}>
    <p role="status" class="notice">${notice}</p>
    ${!isFirstScreen(room) && renderTries(actions)}
    ${fileOption !== undefined && renderFileInput(fileOption, actions)}
    <div class="entry">
      <label for="line" class="hidden">${formatText('page.line')}</label>
      <input id="line" value=${page.typedLine} autocomplete="off" maxlength="2000" role="combobox" aria-autocomplete="list"
        placeholder=${formatText('page.line.hint', { bot: room.room.bot.name })}
        aria-expanded=${`${isOpen}`} aria-controls="suggestions"
        aria-activedescendant=${isOpen && picked >= 0 ? `suggestion-${picked}` : undefined}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => actions.pressLineKey(event)}
        onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ event) => actions.changeLine(event.currentTarget.value)}/>
      <button type="submit" id="send" aria-label=${formatText('page.send')}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 12h14M13 6l6 6-6 6"/></svg></button>
      <ul id="suggestions" class="suggestions" role="listbox" aria-label=${formatText('page.suggestions')} hidden=${!isOpen}>
        ${suggestions.map((_, n) => renderSuggestion(page, n, actions))}
      </ul>
    </div>
  </form>`;
}

/**
 * Renders the input for the file of an option.
 * @param {string} option
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderFileInput(option, actions) {
  /** @param {{ currentTarget: HTMLInputElement }} event */
  const attachFile = ({ currentTarget }) => {
    const [file] = currentTarget.files ?? [];
    if (file) actions.attachFile(file);
  };
  return html`<label>${formatText('page.file', { option })} <input type="file" onChange=${attachFile}/></label>`;
}

/**
 * Renders suggestion number `n`, below the heading of its group where a new one begins.
 * @param {PageState} page
 * @param {number} n
 * @param {RoomActions} actions
 * @returns {View | undefined}
 */
function renderSuggestion({ suggestions, picked }, n, actions) {
  const suggestion = suggestions[n];
  if (!suggestion) return undefined;
  const { label, description, group } = suggestion;
  const isNewGroup = group && group !== suggestions[n - 1]?.group;
  return html`${isNewGroup && html`<li class="group" aria-hidden="true">${group}</li>`}
            <li key=${suggestion.line} id=${`suggestion-${n}`} role="option"
            aria-selected=${`${n === picked}`} onClick=${() => actions.changeLine(suggestion.line)}>
            <b>${label}</b> <span>${description}</span></li>`;
}

/**
 * Texts on buttons, the questions that they ask, and what an answer shows.
 * @satisfies {readonly (readonly [TextId, TextId, TextId])[]}
 */
const tries = /** @type {const} */ ([
  ['page.try.time', 'page.try.time', 'page.try.time.shows'],
  ['page.try.timer', 'page.try.timer.asked', 'page.try.timer.shows'],
  ['page.try.rain', 'page.try.rain', 'page.try.rain.shows'],
  ['page.try.interrupt', 'page.try.interrupt.asked', 'page.try.interrupt.shows'],
]);

/**
 * Renders buttons with questions to try.
 * @param {RoomActions} actions
 * @param {boolean} [isWelcome] whether each says what it shows
 * @returns {View}
 */
export function renderTries(actions, isWelcome = false) {
  return html`<div class="row tries">${tries.map(
    ([label, question, shown]) =>
      html`<button type="button" onClick=${() => actions.send(formatText(question))}>${formatText(label)}${isWelcome && html`<small>${formatText(shown)}</small>`}</button>`,
  )}</div>`;
}
