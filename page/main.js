import htm from '/vendor/htm.js';
import { h, render } from '/vendor/preact.js';
import { enterRoom, readRefusal } from './entry.js';

const html = htm.bind(h);
const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');

const refusal = await enterRoom();
if (refusal === undefined) {
  const { RoomPage } = await import('./room/room-page.js');
  new RoomPage(root, readRefusal, enterRoom);
} else {
  root.replaceChildren();
  render(html`<main><h1>Parley</h1><p>${refusal}</p></main>`, root);
}
