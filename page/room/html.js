import htm from '/vendor/htm.js';
import { h } from '/vendor/preact.js';

/** Elements written as HTML. */
export const html = htm.bind(h);
