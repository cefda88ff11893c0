import { formatText } from './room/texts.js';

/** Texts by the code of a refusal at the door. */
const refusalTexts = /** @type {const} */ ({
  'link.unknown': 'page.link.unknown',
  'session.none': 'page.link.missing',
});

/**
 * Asks again whether this browser is let in.
 * @returns {Promise<string | undefined>} the sentence that says why it is not, or undefined
 */
export async function enterRoom() {
  const response = await requestEntry();
  return response.ok ? undefined : await readRefusal(response);
}

/**
 * Uses the key in the address, if any, and asks whether this browser is let in.
 * @returns {Promise<Response>}
 */
export async function requestEntry() {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key !== null) history.replaceState(null, '', location.pathname);
  return await fetch(
    '/enter',
    key === null
      ? {}
      : {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ key }),
        },
  );
}

/**
 * Reads the sentence of a refused request.
 * @param {Response} response
 * @returns {Promise<string>}
 */
export async function readRefusal(response) {
  const { error } = await response.json();
  return error.code in refusalTexts
    ? formatText(refusalTexts[/** @type {keyof typeof refusalTexts} */ (error.code)], {
        command: 'npm start',
      })
    : formatText('page.failed');
}

/**
 * Loads the texts of a language by id.
 * @param {string} locale
 * @returns {Promise<Readonly<Record<string, string>>>}
 */
export async function loadTexts(locale) {
  return await (await fetch(`/texts/${locale}`)).json();
}
