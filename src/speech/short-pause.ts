/** A pause so short is often none, and words that are cut in two there are understood worse. */
export const shortPauseMs = 100;
