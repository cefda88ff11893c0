/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { RoomField, RoomMenu } from './room-state.js' */
import { html } from './html.js';

/**
 * @param {PageState} page
 * @param {RoomActions} actions
 */
export function renderForm({ form }, actions) {
  if (!form) return undefined;
  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  const send = (event) => {
    event.preventDefault();
    const fields = form.fields.map(({ customId, menu }) => {
      const values = readValues(event.currentTarget, customId);
      return /** @type {const} */ ([customId, menu ? values : (values[0] ?? '')]);
    });
    void actions.submitForm(form.id, Object.fromEntries(fields));
  };
  return html`<dialog key=${form.id} ref=${openDialog} aria-labelledby="form" onClose=${() => actions.closeForm()}>
    <h2 id="form">${form.title}</h2>
    <form onSubmit=${send}>
      ${form.fields.map(renderField)}
      <div class="row"><button type="submit" class="main">Submit</button>
        <button type="button" onClick=${() => actions.closeForm()}>Cancel</button></div>
    </form>
  </dialog>`;
}

/** @param {HTMLDialogElement | null} dialog */
function openDialog(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

/** @param {RoomField} field */
function renderField({ customId, label, required, isLong, value, mostLength, menu }) {
  if (menu) return html`<label>${label} ${renderMenuChoices(menu)}</label>`;
  return html`<label>${label} ${
    isLong
      ? html`<textarea name=${customId} required=${required} maxlength=${mostLength}>${value}</textarea>`
      : html`<input name=${customId} required=${required} maxlength=${mostLength} value=${value} autocomplete="off"/>`
  }</label>`;
}

/**
 * Renders a menu. A single choice is sent at once, several by a button.
 * @param {string} messageId
 * @param {RoomMenu} menu
 * @param {RoomActions} actions
 */
export function renderMenu(messageId, menu, actions) {
  const { customId, placeholder, disabled, max } = menu;
  /** @param {Event & { currentTarget: HTMLFormElement }} event */
  const send = (event) => {
    event.preventDefault();
    const values = readValues(event.currentTarget, customId);
    void actions.askRoom('press', { messageId, customId, values });
  };
  return html`<form class="row" key=${customId} onSubmit=${send} onChange=${max === 1 && send}>
    <label>${placeholder} ${renderMenuChoices(menu)}</label>
    ${max > 1 && html`<button type="submit" disabled=${disabled}>Choose</button>`}
  </form>`;
}

/**
 * Reads the values of a field that are not empty.
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function readValues(form, name) {
  const values = new FormData(form).getAll(name).map(String);
  return values.filter((value) => value !== '');
}

/** @param {RoomMenu} menu */
function renderMenuChoices({ customId, disabled, min, max, choices }) {
  return html`<select name=${customId} multiple=${max > 1} required=${min > 0} disabled=${disabled}>
    ${max === 1 && html`<option value="">Pick one</option>`}
    ${choices.map(({ label, value, chosen }) => html`<option value=${value} selected=${chosen}>${label}</option>`)}
  </select>`;
}
