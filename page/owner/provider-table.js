import { breakerWords } from './figures.js';
import { html } from './html.js';

/**
 * Who serves which role, and how each of them stands.
 * @param {{ providers: import('./snapshot.js').Provider[] }} props
 */
export function ProviderTable({ providers }) {
  return html`<table>
    <thead><tr><th scope="col">Role</th><th scope="col">Now</th></tr></thead>
    <tbody>${providers.map(row)}</tbody>
  </table>`;
}

/** @param {import('./snapshot.js').Provider} provider */
function row(provider) {
  const { role, breakers = [] } = provider;
  const all = breakerWords(breakers).map((line) => html`<li>${line}</li>`);
  return html`<tr class=${provider.state === 'works' ? '' : 'owner-bad'}>
    <th scope="row">${role}</th>
    <td>${served(provider)}${all.length > 0 && html`<ul>${all}</ul>`}</td>
  </tr>`;
}

/** @param {import('./snapshot.js').Provider} provider */
function served({ state, provider, standsIn, code, breakers }) {
  const why = code ? ` (${code})` : '';
  if (state === 'fails') return `${provider ?? 'its provider'} fails${why}`;
  if (state === 'stood-in')
    return `${standsIn ?? 'another one'} stands in for ${provider ?? 'its provider'}${why}`;
  return breakers?.length === 0 ? 'works, in the bot itself' : 'works';
}
