/** @import { View } from './html.js' */
import { html } from './html.js';
import { keepLocale, languageNames } from './language.js';
import { formatText, getLocale } from './texts.js';

/**
 * Renders the menu of languages. A choice opens the page anew, so that everything comes in that language.
 * @returns {View}
 */
export function renderLanguages() {
  /** @param {{ currentTarget: HTMLSelectElement }} event */
  const choose = ({ currentTarget: { value } }) => {
    keepLocale(value, [sessionStorage, localStorage]);
    location.reload();
  };
  return html`<label class="language">${formatText('page.language')} <select onChange=${choose}>
    ${Object.entries(languageNames).map(
      ([locale, name]) =>
        html`<option value=${locale} lang=${locale} selected=${locale === getLocale()}>${name}</option>`,
    )}
  </select></label>`;
}
