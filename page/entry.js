/**
 * Who looks at the page, or the sentence that says why nobody is let in.
 * @typedef {{ face: 'owner' } | { face: 'sandbox' } | { face: 'manager', guildId: string } | Refusal & { face: 'none' }} Entry
 * @typedef {{ code: string, message: string }} Refusal
 */

/**
 * Uses the key in the fragment of the address up, where there is one, and asks which face is to be shown.
 * @returns {Promise<Entry>}
 */
export async function enter() {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key !== null) {
    history.replaceState(null, '', location.pathname);
    const refusal = await refusalOf(key);
    if (refusal !== undefined) return { face: 'none', ...refusal };
  }
  const response = await fetch('/face');
  return response.ok ? await response.json() : { face: 'none', ...(await errorOf(response)) };
}

/**
 * @param {string} key
 * @returns {Promise<Refusal | undefined>} undefined: the browser has a session now
 */
async function refusalOf(key) {
  const response = await fetch('/enter', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key }),
  });
  return response.ok ? undefined : await errorOf(response);
}

/**
 * The sentence of a refused request.
 * @param {Response} response
 * @returns {Promise<string>}
 */
export async function messageOf(response) {
  const { message } = await errorOf(response);
  return message;
}

/**
 * @param {Response} response
 * @returns {Promise<Refusal>}
 */
async function errorOf(response) {
  const { error } = await response.json();
  return error;
}
