/** @import { Facts } from './facts.js' */
/** @import { PageState } from './room-actions.js' */
/** @import { View } from './html.js' */
import { formatTime } from './facts.js';
import { html } from './html.js';
import { formatText } from './texts.js';

/** Rings at once. Later timers are a number. */
const maxRings = 6;

/**
 * Renders the reader's timers as rings that empty.
 * @param {PageState} page
 * @returns {View | undefined}
 */
export function renderTimers({ facts: { timers }, nowMs }) {
  if (timers.length === 0) return undefined;
  const hidden = timers.length - maxRings;
  return html`<section class="timers" aria-label=${formatText('page.timers')}>
    <h2>${formatText('page.timers')}</h2>
    <ul>${timers.slice(0, maxRings).map((timer) => renderTimer(timer, nowMs))}
      ${hidden > 0 && html`<li>+${hidden}</li>`}</ul></section>`;
}

/**
 * Renders one ring. The browser empties it by itself, from where it is when it is drawn first.
 * @param {Facts['timers'][number]} timer
 * @param {number} nowMs
 * @returns {View}
 */
function renderTimer({ id, text, totalMs, remainingMs, dueAtMs }, nowMs) {
  const leftMs = dueAtMs - nowMs;
  const label = text || formatText('page.timer');
  const left = leftMs > 0 ? formatTime(leftMs + 999) : formatText('page.timer.over');
  const ring = {
    'animation-duration': `${totalMs}ms`,
    'animation-delay': `${remainingMs - totalMs}ms`,
  };
  return html`<li key=${id} class=${`timer${leftMs > 0 ? '' : ' over'}`}>
    <div class="clock" role="meter" aria-label=${label} aria-valuemin="0" aria-valuemax=${totalMs} aria-valuenow=${Math.max(0, leftMs)} aria-valuetext=${left}>
      <svg class="ring" viewBox="0 0 44 44" aria-hidden="true"><circle cx="22" cy="22" r="20"/><circle class="left" cx="22" cy="22" r="20" pathLength="100" style=${ring}/></svg>
      <time>${left}</time></div>
    <b class="label" aria-hidden="true">${label}</b></li>`;
}
