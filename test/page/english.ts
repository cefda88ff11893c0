import { useTexts } from '#page/room/texts.js';
import { readPageTexts } from '#src/texts/page-texts.ts';

/** Importing it gives modules of the page their English texts, as `main.js` does in a browser. */
useTexts('en', readPageTexts('en'));
