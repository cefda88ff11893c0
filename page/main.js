import htm from '/vendor/htm.js';
import { h, render } from '/vendor/preact.js';
import { enter, messageOf } from './entry.js';

const html = htm.bind(h);
const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');

const entry = await enter();
root.replaceChildren();
if (entry.face === 'owner' || entry.face === 'manager') {
  const { OwnerPage } = await import('./owner/owner-page.js');
  new OwnerPage(root, messageOf);
} else if (entry.face === 'sandbox') {
  const [{ RoomPage }] = await Promise.all([
    import('./room/room-page.js'),
    loadStyles('/room/room.css'),
  ]);
  new RoomPage(root, messageOf);
} else render(html`<h1>Parley</h1><p>${entry.message}</p>`, root);

/**
 * Adds a style sheet, and waits until it applies or cannot be had.
 * @param {string} href
 */
async function loadStyles(href) {
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  const { promise, resolve } = Promise.withResolvers();
  [link.onload, link.onerror] = [resolve, resolve];
  document.head.append(link);
  await promise;
}
