import { html } from './html.js';
import { stages } from './snapshot.js';

/**
 * Duration of each stage in the latest turns.
 * @param {{ caption: string, figures: import('./snapshot.js').Stages }} props
 */
export function StageTable({ caption, figures }) {
  const rows = stages.flatMap(([key, name]) => {
    const found = figures[key];
    return found ? [{ name, ...found }] : [];
  });
  if (rows.length === 0) return html`<p class="owner-quiet">Nothing was answered yet.</p>`;
  return html`<table class="owner-numbers">
    <caption>${caption}</caption>
    <thead>
      <tr><th scope="col">From the last syllable to</th><th scope="col">p50</th><th scope="col">p95</th></tr>
    </thead>
    <tbody>
      ${rows.map(({ name, p50Ms, p95Ms }) => html`<tr><th scope="row">${name}</th><td>${p50Ms} ms</td><td>${p95Ms} ms</td></tr>`)}
    </tbody>
  </table>`;
}
