/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { RoomField, RoomMenu } from './room-types.js' */
/** @import { View } from './html.js' */
import { html } from './html.js';
import { formatText } from './texts.js';

/**
 * Renders the form that the bot has opened, if any, as a dialog.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View | undefined}
 */
export function renderForm({ form }, actions) {
  if (!form) return undefined;
  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  const submitFields = (event) => {
    event.preventDefault();
    const fields = form.fields.map(({ customId, menu }) => {
      const values = readValues(event.currentTarget, customId);
      return /** @type {const} */ ([customId, menu ? values : (values[0] ?? '')]);
    });
    void actions.submitForm(form.id, Object.fromEntries(fields));
  };
  return html`<dialog key=${form.id} ref=${openDialog} aria-labelledby="form" onClose=${() => actions.closeForm()}>
    <h2 id="form">${form.title}</h2>
    <form onSubmit=${submitFields}>
      ${form.fields.map(renderField)}
      <div class="row"><button type="submit" class="main">${formatText('page.submit')}</button>
        <button type="button" onClick=${() => actions.closeForm()}>${formatText('page.cancel')}</button></div>
    </form>
  </dialog>`;
}

/**
 * Opens the dialog once it is drawn.
 * @param {HTMLDialogElement | null} dialog
 * @returns {void}
 */
export function openDialog(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

/**
 * Renders a field: a text, or a menu.
 * @param {RoomField} field
 * @returns {View}
 */
function renderField({ customId, label, required, isLong, value, maxLength, menu }) {
  if (menu) return html`<label>${label} ${renderMenuChoices(menu)}</label>`;
  return html`<label>${label} ${
    isLong
      ? html`<textarea name=${customId} required=${required} maxlength=${maxLength}>${value}</textarea>`
      : html`<input name=${customId} required=${required} maxlength=${maxLength} defaultValue=${value} autocomplete="off"/>`
  }</label>`;
}

/**
 * Renders a menu. A single choice is sent at once, several by a button.
 * @param {string} messageId
 * @param {RoomMenu} menu
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderMenu(messageId, menu, actions) {
  const {
    customId,
    disabled,
    maxCount,
    placeholder = formatText('page.choose'),
  } = menu; // its name is its first choice
  /** @param {Event & { currentTarget: HTMLFormElement }} event */
  const sendValues = (event) => {
    event.preventDefault();
    const values = readValues(event.currentTarget, customId);
    void actions.askRoom('press', { messageId, customId, values });
  };
  return html`<form class="row" key=${customId} onSubmit=${sendValues} onChange=${maxCount === 1 && sendValues}>
    ${maxCount > 1 ? html`<label>${placeholder} ${renderMenuChoices(menu)}</label>` : renderMenuChoices(menu, placeholder)}
    ${maxCount > 1 && html`<button type="submit" disabled=${disabled}>${formatText('page.choose')}</button>`}
  </form>`;
}

/**
 * Reads the values of a field that are not empty.
 * @param {HTMLFormElement} form
 * @param {string} name
 * @returns {readonly string[]}
 */
function readValues(form, name) {
  const values = new FormData(form).getAll(name).map(String);
  return values.filter((value) => value !== '');
}

/**
 * Renders the choices of a menu.
 * @param {RoomMenu} menu
 * @param {string} [label] its name where nothing beside it says it
 * @returns {View}
 */
function renderMenuChoices(
  {
    customId,
    disabled,
    minCount,
    maxCount,
    choices,
    placeholder = formatText('page.choose'),
  },
  label,
) {
  return html`<select name=${customId} aria-label=${label} multiple=${maxCount > 1} required=${minCount > 0} disabled=${disabled}>
    ${maxCount === 1 && html`<option value="">${placeholder}</option>`}
    ${choices.map(({ label, value, chosen }) => html`<option value=${value} selected=${chosen}>${label}</option>`)}
  </select>`;
}
