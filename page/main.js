import { render } from '/vendor/preact.js';
import { enterRoom, loadTexts, readRefusal } from './entry.js';
import { renderShutOut } from './room/shut-out-view.js';
import { useTexts } from './room/texts.js';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');

// A new link that is opened in this tab differs in its fragment alone, and browsers load nothing then.
addEventListener('hashchange', () => location.reload());

const [refusal, texts] = await Promise.all([enterRoom(), loadTexts('en')]);
useTexts('en', texts);
if (refusal === undefined) {
  const { RoomPage } = await import('./room/room-page.js');
  new RoomPage(root, readRefusal, enterRoom);
} else {
  root.replaceChildren();
  render(renderShutOut(refusal), root);
}
