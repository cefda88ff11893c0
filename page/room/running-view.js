/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { View } from './html.js' */
import { renderMixer } from './mixer-view.js';
import { renderSounds } from './sounds-view.js';
import { renderTimers } from './timers-view.js';
import { renderTools } from './tools-view.js';

/**
 * Views of what sounds and runs, in their order from the top. Each shows nothing while nothing of its kind is there.
 * @type {readonly ((page: PageState, actions: RoomActions) => View | undefined)[]}
 */
const runningViews = [renderMixer, renderSounds, renderTimers, renderTools];

/**
 * Renders what sounds and runs beside the talk.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {readonly (View | undefined)[]}
 */
export function renderRunning(page, actions) {
  return runningViews.map((renderView) => renderView(page, actions));
}
