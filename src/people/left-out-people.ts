import type { ChoiceStore } from './consent.ts';

/**
 * Tells who is left out of captions: they are heard and answered, but not captioned, kept or shown to a model beyond their own
 * questions.
 */
export type LeftOutPeopleStore = ChoiceStore<boolean>;
