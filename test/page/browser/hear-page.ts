import type { Page } from '#tools/browsers.ts';

/**
 * Notes what a screen reader says by itself, by the rules of WAI-ARIA: what is added to a live region that is displayed before, and the
 * whole region where it is atomic. Parts that are hidden or off are left out.
 */
const listen = `(() => {
  const liveRoles = { log: 'polite', status: 'polite', alert: 'assertive' };
  const findRegion = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest('[aria-live], [role=log], [role=status], [role=alert], output');
  const isOn = (region) => (region.getAttribute('aria-live') ?? liveRoles[region.getAttribute('role')] ?? 'polite') !== 'off';
  const isHidden = (node) => Boolean((node.nodeType === 1 ? node : node.parentElement)?.closest('[aria-hidden=true]'));
  const readNode = (node) => {
    if (node.nodeType === 3) return node.data;
    if (node.nodeType !== 1 || node.matches('[aria-hidden=true], [aria-live=off]') || getComputedStyle(node).display === 'none') return '';
    return [...node.childNodes].map(readNode).join(' ');
  };
  // Regions that were displayed when the reader last looked: one that comes with its words is not heard.
  let watched = new Set();
  const look = () => {
    const all = document.querySelectorAll('[aria-live], [role=log], [role=status], [role=alert], output');
    watched = new Set([...all].filter((region) => getComputedStyle(region).display !== 'none'));
  };
  look();
  globalThis.heardNews = [];
  new MutationObserver((changes) => {
    const told = new Map();
    for (const { addedNodes, target, type } of changes) {
      for (const node of type === 'characterData' ? [target] : addedNodes) {
        const region = findRegion(node.isConnected ? node : document.documentElement);
        if (!region || !watched.has(region) || !isOn(region) || isHidden(node)) continue;
        const isAtomic = region.matches('[role=status], [role=alert], output');
        told.set(isAtomic ? region : node, readNode(isAtomic ? region : node));
      }
    }
    for (const [node, text] of told) {
      const isInside = [...told.keys()].some((other) => other !== node && other.contains(node));
      const words = text.replaceAll(/\\s+/g, ' ').replaceAll(' :', ':').trim();
      if (words !== '' && !isInside) globalThis.heardNews.push(words);
    }
    look();
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
})()`;

/** Begins to listen as a screen reader does. The returned function gives all that was heard since. */
export async function hearPage(tab: Page): Promise<() => Promise<readonly string[]>> {
  await tab.evaluate(listen);
  return async () => await tab.evaluate<readonly string[]>('globalThis.heardNews');
}
