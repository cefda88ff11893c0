import { duration, shardWords } from './figures.js';
import { html } from './html.js';

/**
 * Every process of the bot, with what it serves.
 * @param {{ processes: import('./snapshot.js').Processes, atWallMs: number }} props
 */
export function ProcessTable({ processes: { all, oldMs, shardCount, unserved }, atWallMs }) {
  const rows = all.map((one) => {
    const { name, isOwn, silentMs, version, startedWallMs, shards } = one;
    const cells = [one.servers, one.rooms, one.alerts].map((count) => count?.toLocaleString('en'));
    return html`<tr key=${name} class=${silentMs === undefined ? '' : 'owner-bad'}>
      <th scope="row">${name}${isOwn ? html` <small>this one</small>` : ''}${silentMs !== undefined && html`<br />silent for ${duration(silentMs)}`}</th>
      <td>${version}</td>
      <td>${duration(Math.max(0, atWallMs - startedWallMs))}</td>
      <td>${shardWords(shards)}</td>
      ${cells.map((cell) => html`<td>${cell ?? 'not told'}</td>`)}
    </tr>`;
  });
  return html`
    ${oldMs !== undefined && html`<p class="owner-warn">The database does not answer: this list is ${duration(oldMs)} old.</p>`}
    ${unserved.length > 0 && html`<p class="owner-warn">No process serves ${unserved.length === 1 ? 'shard' : 'shards'} ${shardWords(unserved)} of ${shardCount}: start another process, or raise SHARDS_PER_PROCESS.</p>`}
    <div class="owner-scroll" tabindex="0" role="group" aria-label="Processes">
      <table class="owner-numbers owner-processes">
        <thead><tr>${['Process', 'Version', 'Runs for', 'Shards', 'Servers', 'In channels', 'Alerts'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${rows}</tbody>
      </table>
    </div>`;
}
