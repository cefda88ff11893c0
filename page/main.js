import { render } from '/vendor/preact.js';
import { enterRoom, loadTexts, readRefusal, requestEntry } from './entry.js';
import { loadLocale } from './room/language.js';
import { renderShutOut } from './room/shut-out-view.js';
import { useTexts } from './room/texts.js';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');

// A new link that is opened in this tab differs in its fragment alone, and browsers load nothing then.
addEventListener('hashchange', () => location.reload());

const locale = loadLocale(sessionStorage, localStorage, navigator.languages);
document.documentElement.lang = locale;
const [response, texts] = await Promise.all([requestEntry(), loadTexts(locale)]);
useTexts(locale, texts);
if (response.ok) {
  const { RoomPage } = await import('./room/room-page.js');
  new RoomPage(root, { readRefusal, enterRoom, loadTexts });
} else {
  root.replaceChildren();
  render(renderShutOut(await readRefusal(response)), root);
}
