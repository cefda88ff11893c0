import htm from '/vendor/htm.js';
import { h, render } from '/vendor/preact.js';
import { enterRoom, loadTexts, readRefusal } from './entry.js';
import { useTexts } from './room/texts.js';

const html = htm.bind(h);
const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');

const [refusal, texts] = await Promise.all([enterRoom(), loadTexts('en')]);
useTexts('en', texts);
if (refusal === undefined) {
  const { RoomPage } = await import('./room/room-page.js');
  new RoomPage(root, readRefusal, enterRoom);
} else {
  root.replaceChildren();
  render(html`<main><h1>Parley</h1><p>${refusal}</p></main>`, root);
}
