/** Duration, in ms, of a fade for which none is given. */
export const defaultFadeMs = 5_000;
/** Longest fade, in ms. */
export const maxFadeMs = 600_000;
