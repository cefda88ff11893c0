/** @import { RoomActions } from './room-actions.js' */
/** @import { View } from './html.js' */
import { html } from './html.js';
import { languageNames } from './language.js';
import { formatText, getLocale } from './texts.js';

/**
 * Renders the menu of languages.
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderLanguages(actions) {
  /** @param {{ currentTarget: HTMLSelectElement }} event */
  const choose = ({ currentTarget: { value } }) => void actions.changeLanguage(value);
  return html`<label class="language">${formatText('page.language')} <select onChange=${choose}>
    ${Object.entries(languageNames).map(
      ([locale, name]) =>
        html`<option value=${locale} lang=${locale} selected=${locale === getLocale()}>${name}</option>`,
    )}
  </select></label>`;
}
