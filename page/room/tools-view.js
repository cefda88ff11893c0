/** @import { Facts } from './facts.js' */
/** @import { PageState } from './room-actions.js' */
/** @import { View } from './html.js' */
import { listShownTools } from './facts.js';
import { html } from './html.js';
import { formatText } from './texts.js';

/**
 * Renders tools while they run, and for some seconds how they ended.
 * @param {PageState} page
 * @returns {View | undefined}
 */
export function renderTools({ facts, nowMs }) {
  const tools = listShownTools(facts, nowMs);
  if (tools.length === 0) return undefined;
  return html`<section class="tools" aria-label=${formatText('page.tools')}>
    <h2>${formatText('page.tools')}</h2>
    <ul>${tools.map(renderTool)}</ul></section>`;
}

/**
 * Renders one tool call.
 * @param {Facts['tools'][number]} tool
 * @returns {View}
 */
function renderTool({ id, tool, state }) {
  return html`<li key=${id} class=${findMark(state)}><i aria-hidden="true"></i><code>${tool}</code> <span>${describeState(state)}</span></li>`;
}

/**
 * Finds the mark of a state.
 * @param {string} state
 * @returns {'running-call' | 'failed' | 'waits' | 'completed'}
 */
function findMark(state) {
  if (state === 'running') return 'running-call';
  if (state === 'asked') return 'waits';
  const isFailed = state === 'failed' || state === 'refused' || state === 'stopped';
  return isFailed ? 'failed' : 'completed';
}

/**
 * Says how a call stands.
 * @param {string} state
 * @returns {string}
 */
function describeState(state) {
  switch (state) {
    case 'running':
      return formatText('page.tool.running');
    case 'asked':
      return formatText('page.tool.asked');
    case 'failed':
      return formatText('page.tool.failed');
    case 'refused':
      return formatText('page.tool.refused');
    case 'stopped':
      return formatText('page.tool.stopped');
  }
  return formatText('page.tool.completed');
}
