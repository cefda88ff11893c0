/** Duration, in ms, of a fade for which none is given. */
export const usualFadeMs = 5_000;
/** Longest fade, in ms. */
export const longestFadeMs = 600_000;
