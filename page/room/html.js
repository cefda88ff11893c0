/** @import { VNode } from '/vendor/preact.js' */
import htm from '/vendor/htm.js';
import { h } from '/vendor/preact.js';

/**
 * Elements, as `render` draws them.
 * @typedef {VNode | VNode[]} View
 */

/**
 * Makes elements that are written as HTML.
 * @type {(strings: TemplateStringsArray, ...values: unknown[]) => View}
 */
export const html = htm.bind(h);
