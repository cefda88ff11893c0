/** @import { LocaleTag } from '../../src/texts/locales.ts' */

/** Languages with texts, each by its own name. @type {Readonly<Record<LocaleTag, string>>} */
export const languageNames = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  'pt-BR': 'Português',
  pl: 'Polski',
  ja: '日本語',
};

const locales = /** @type {LocaleTag[]} */ (Object.keys(languageNames));
const storageKey = 'parley.language';

/**
 * Finds the first language that has texts: `pt-BR` for `pt-PT`. Without one it is English.
 * @param {readonly string[]} tags as `navigator.languages` gives them, the favourite first
 * @returns {LocaleTag}
 */
export function findLocale(tags) {
  for (const tag of tags) {
    const [language] = tag.toLowerCase().split('-');
    const locale = locales.find((each) => each.toLowerCase().split('-')[0] === language);
    if (locale) return locale;
  }
  return 'en';
}

/**
 * Finds the language of this tab: the one that was chosen in it, else the last one that was chosen in this browser, else the browser's.
 * @param {Pick<Storage, 'getItem'>} tabStorage
 * @param {Pick<Storage, 'getItem'>} browserStorage
 * @param {readonly string[]} browserTags
 * @returns {LocaleTag}
 */
export function loadLocale(tabStorage, browserStorage, browserTags) {
  const chosen = tabStorage.getItem(storageKey) ?? browserStorage.getItem(storageKey);
  return findLocale(chosen === null ? browserTags : [chosen]);
}

/**
 * Keeps a choice for this tab, and for tabs that open later.
 * @param {string} locale
 * @param {readonly Pick<Storage, 'setItem'>[]} storages
 */
export function keepLocale(locale, storages) {
  for (const storage of storages) storage.setItem(storageKey, locale);
}
